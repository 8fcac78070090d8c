"""The HTTP interface from outside: what each address gives, and whom it refuses."""

import base64
import io
import json
import logging
import urllib.parse
from pathlib import Path

import httpx
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import proface
from proface import obfuscators
from proface.faces.boxes import Box
from proface.keys import Derivation, Identity
from proface.obfuscators import catalogue
from proface.service.limits import Limits
from proface.service.operations import Finished
from proface.service.responses import PictureAnswer
from proface.service.routes.pictures import download_name
from tests.service.serving import (
    PASSWORD,
    WEAK,
    pixels_of,
    png,
    protected_cheaply,
    random_pixels,
    sample,
    serving,
)

SEALED = {"profile": "sealed", "faces": "whole", "password": PASSWORD}


@pytest.fixture(scope="module")
def client():
    with serving() as client:
        yield client


def post(client: httpx.Client, path: str, picture: bytes, **fields: object) -> httpx.Response:
    headers = fields.pop("headers", None)
    files = {"picture": ("holiday.png", picture)}
    files |= {name: fields.pop(name) for name in list(fields) if isinstance(fields[name], tuple)}
    return client.post(f"/api/{path}", files=files, data=fields, headers=headers)


def check_refused(answer: httpx.Response, status: int, code: str, *words: str) -> None:
    assert answer.status_code == status, answer.text
    found = answer.json()
    assert set(found) == {"code", "message"}
    assert found["code"] == code
    for word in words:
        assert word in found["message"]
    assert PASSWORD not in answer.text


def psnr(first: np.ndarray, second: np.ndarray) -> float:
    return 10 * np.log10(255**2 / np.mean((first.astype(float) - second) ** 2))


# What each address gives


def test_a_photograph_forth_and_back(client) -> None:
    original = pixels_of(sample())
    found = post(client, "detect", sample()).json()
    assert (found["width"], found["height"]) == (512, 512)
    [face] = found["faces"]
    assert face.pop("score") > 0.5

    boxes = json.dumps([face])
    options = {"boxes": boxes, "obfuscator": "pixelate", "strength": 20}
    protected = post(client, "protect", sample(), password=PASSWORD, **options)
    assert protected.headers["content-type"] == "image/png"
    assert protected.headers["proface-faces"] == "1"
    assert json.loads(protected.headers["proface-notes"]) == []

    told = post(client, "inspect", protected.content).json()
    assert told["faces"] == [face]
    assert [slot["kind"] for slot in told["slots"]] == ["password"]
    assert (told["signature"], told["made"]["version"]) == ("none", proface.__version__)
    assert (told["profile"], told["wrong_password"]) == ("randwr", "noise")
    assert (told["obfuscator"], told["strength"], told["recoverable"]) == ("pixelate", 20, True)

    back = post(client, "recover", protected.content, password=PASSWORD)
    x, y, width, height = face["x"], face["y"], face["width"], face["height"]
    window = np.s_[y : y + height, x : x + width]
    outside = np.ones((512, 512), bool)
    outside[window] = False
    for answer in (protected, back):
        np.testing.assert_array_equal(pixels_of(answer.content)[outside], original[outside])
    assert psnr(pixels_of(protected.content)[window], original[window]) < 25
    assert psnr(pixels_of(back.content)[window], original[window]) > 38
    # The library agrees.
    np.testing.assert_array_equal(
        proface.recover(protected.content, PASSWORD).pixels, pixels_of(back.content)
    )


def test_the_preview_is_what_the_obfuscator_makes(client) -> None:
    picture = random_pixels(1, 100)
    boxes = [
        {"x": 10, "y": 20, "width": 40, "height": 40},
        {"x": 40, "y": 30, "width": 40, "height": 40},
    ]
    answer = post(
        client, "preview", png(picture), boxes=json.dumps(boxes), obfuscator="median", strength=30
    )
    [region] = answer.json()["regions"]  # they overlap
    assert (region["x"], region["y"], region["width"], region["height"]) == (10, 20, 70, 50)
    shown = pixels_of(base64.b64decode(region["png"]))
    expected = obfuscators.get("median").apply(picture[20:70, 10:80], 30)
    np.testing.assert_array_equal(shown, expected)


def test_sealed_faces_carried_by_the_file_come_back_bit_for_bit(client) -> None:
    picture = random_pixels(2)
    protected = post(client, "protect", png(picture), carrier="file", **SEALED)
    back = post(client, "recover", protected.content, password=PASSWORD)
    np.testing.assert_array_equal(pixels_of(back.content), picture)


def test_a_wrong_password_gives_what_the_profile_promises(client) -> None:
    picture = random_pixels(3)
    protected = protected_cheaply(picture, PASSWORD)
    refused = post(client, "recover", protected, password="other", **WEAK)
    check_refused(refused, 422, "wrong-key", "wrong password")
    asked = {"password": "other", "wrong_recovery": "obfuscated"}
    same = post(client, "recover", protected, **asked, **WEAK)
    assert same.headers["proface-key-matched"] == "false"
    assert "wrong" in json.loads(same.headers["proface-notes"])[-1]
    np.testing.assert_array_equal(pixels_of(same.content), pixels_of(protected))


def test_a_weak_derivation_is_tried_only_if_that_is_asked_for(client) -> None:
    protected = protected_cheaply(random_pixels(3), PASSWORD)
    [slot] = post(client, "inspect", protected).json()["slots"]
    assert (slot["kind"], slot["weak"]) == ("password", True)
    for path in ("recover", "verify"):
        refused = post(client, path, protected, password=PASSWORD)
        check_refused(refused, 422, "bad-password", "weak key derivation")
        assert post(client, path, protected, password=PASSWORD, **WEAK).is_success


# People with keys of their own


def test_two_recipients_each_bring_the_faces_back_and_nobody_else(client) -> None:
    picture, (alice, bob, eve) = random_pixels(6), identities(3)
    people = f"# the newsroom\n{alice.recipients[0]}\n\n  {bob.recipients[0]}  \n"
    fields = {"profile": "sealed", "carrier": "file", "faces": "whole", "recipients": people}
    protected = post(client, "protect", png(picture), **fields).content
    told = post(client, "inspect", protected).json()
    assert told["slots"] == [
        {"kind": "recipients", "derivation": None, "weak": False, "recipients": 2}
    ]
    for each in (alice, bob):
        back = post(client, "recover", protected, identity=as_file(each))
        assert back.headers["proface-key-matched"] == "true"
        np.testing.assert_array_equal(pixels_of(back.content), picture)
    check_refused(post(client, "recover", protected, identity=as_file(eve)), 422, "wrong-key")
    refused = post(client, "recover", protected, password=PASSWORD)
    check_refused(refused, 422, "wrong-key", "recipients only")


def test_a_password_and_recipients_open_the_same_picture(client) -> None:
    picture, (alice, eve) = random_pixels(7, 48), identities(2)
    fields = {"faces": "whole", "password": PASSWORD, "recipients": alice.recipients[0]}
    protected = post(client, "protect", png(picture), **fields).content
    told = post(client, "inspect", protected).json()
    assert [each["kind"] for each in told["slots"]] == ["password", "recipients"]
    assert told["slots"][0]["derivation"] == str(Derivation())
    backs = [
        post(client, "recover", protected, password=PASSWORD),
        post(client, "recover", protected, identity=as_file(alice)),
    ]
    np.testing.assert_array_equal(*(pixels_of(each.content) for each in backs))
    # Of the trained profiles a wrong identity gives noise, and the answer says so.
    wrong = post(client, "recover", protected, identity=as_file(eve))
    assert (wrong.status_code, wrong.headers["proface-key-matched"]) == (200, "false")
    assert psnr(pixels_of(wrong.content), picture) < 15


def test_a_grant_opens_its_face_and_no_other(client) -> None:
    picture, (alice, bob, eve) = random_pixels(8, 96), identities(3)
    boxes = [Box(0, 0, 40, 40), Box(50, 50, 40, 40)]
    made = proface.protect(
        picture, recipients=alice.recipients, profile="sealed", carrier="file", faces=boxes
    )
    protected = made.encode("PNG")
    grant = proface.grant(protected, alice, [1], bob.recipients)
    fields = {"identity": as_file(bob), "grant": ("face.grant", grant)}
    back = post(client, "recover", protected, **fields)
    assert "not granted" in " ".join(json.loads(back.headers["proface-notes"]))
    expected = made.pixels.copy()
    expected[boxes[1].window] = picture[boxes[1].window]
    np.testing.assert_array_equal(pixels_of(back.content), expected)
    checked = post(client, "verify", protected, **fields).json()
    assert [face["opens"] for face in checked["faces"]] == ["unknown", "yes"]
    assert checked["is_authentic"] is True

    check_refused(post(client, "recover", protected, identity=as_file(bob)), 422, "wrong-key")
    for wrong in (
        fields | {"identity": as_file(eve)},
        fields | {"grant": ("face.grant", b"none")},
        {"grant": fields["grant"], "password": PASSWORD},
    ):
        check_refused(post(client, "recover", protected, **wrong), 422, "bad-grant")
    other = proface.protect(picture, recipients=alice.recipients, profile="sealed", faces="whole")
    refused = post(client, "recover", other.encode("PNG"), **fields)
    check_refused(refused, 422, "bad-grant", "another picture")


@pytest.mark.parametrize(
    ("fields", "code", "word"),
    [
        ({}, "bad-password", "identity"),
        ({"password": ""}, "bad-password", "identity"),
        ({"identity": ("key", b"")}, "bad-identity", "no identity"),
        ({"identity": ("key", b"AGE-SECRET-KEY-1" + b"Q" * 58)}, "bad-identity", "no identity"),
        ({"identity": ("key", bytes(64 * 1024 + 1))}, "bad-identity", "65536"),
        ({"identity": ("key", b"age-encryption.org/v1\n")}, "bad-identity", "passphrase"),
        ({"identity": "as a field"}, "bad-fields", "identity"),
        ({"identity": ("key", b"x"), "password": PASSWORD}, "bad-option", "not both"),
    ],
)
def test_what_opens_nothing_is_refused(client, fields: dict, code: str, word: str) -> None:
    protected = protected_cheaply(random_pixels(3), PASSWORD)
    answer = post(client, "recover", protected, **fields)
    check_refused(answer, 422, code, word)
    assert b"QQQ" not in answer.content


@pytest.mark.parametrize(
    ("fields", "code", "word"),
    [
        ({}, "bad-password", "recipients"),
        ({"recipients": "# nobody\n\n"}, "bad-password", "recipients"),
        ({"recipients": "age1none"}, "bad-recipient", "age1none"),
        ({"recipients": f"AGE-SECRET-KEY-1{PASSWORD}"}, "bad-recipient", "secret identity"),
        ({"recipients": "x" * 70_000}, "bad-fields", "recipients"),
        ({"recipients": "age1", "profile": "paper-randwr"}, "bad-recipient", "age1"),
    ],
)
def test_recipients_that_are_none_are_refused(client, fields: dict, code: str, word: str) -> None:
    fields = {"profile": "sealed", "faces": "whole"} | fields
    check_refused(post(client, "protect", png(random_pixels(0)), **fields), 422, code, word)


def test_more_than_64_recipients_are_refused(client) -> None:
    people = "\n".join(each.recipients[0] for each in identities(65))
    fields = {"profile": "sealed", "faces": "whole", "recipients": people}
    refused = post(client, "protect", png(random_pixels(0)), **fields)
    check_refused(refused, 422, "bad-recipient", "65")


def test_identities_are_neither_logged_nor_written(client, caplog, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    [alice] = identities(1)
    protected = proface.protect(
        random_pixels(9), recipients=alice.recipients, profile="sealed", faces="whole"
    )
    with caplog.at_level(logging.DEBUG):
        fields = {"identity": as_file(alice)}
        assert post(client, "recover", protected.encode("PNG"), **fields).is_success
        check_refused(post(client, "recover", b"", **fields), 422, "bad-picture")
    ours = [each.getMessage() for each in caplog.records if not each.name.startswith("http")]
    assert any("POST /api/recover 200" in line for line in ours)
    assert not any("SECRET" in line or alice.recipients[0] in line for line in ours)
    assert list(tmp_path.iterdir()) == []


# Is it what was protected?


def test_verify_says_of_an_untouched_picture_what_can_be_said(client, signer) -> None:
    key, public = signer
    [alice] = identities(1)
    protected = proface.protect(
        random_pixels(10),
        recipients=alice.recipients,
        sign_key=key,
        profile="sealed",
        faces=[Box(4, 4, 48, 48)],
    ).encode("PNG")
    without = post(client, "verify", protected).json()
    assert (without["is_authentic"], without["authentic"]) == (False, "unknown")
    assert (without["scene"], without["problems"]) == ("unchanged", [])
    assert without["signature"] == "unknown signer"
    full = post(client, "verify", protected, identity=as_file(alice), signer=public).json()
    assert (full["is_authentic"], full["authentic"]) == (True, "yes")
    assert (full["signature"], full["problems"]) == ("valid", [])
    box = {"x": 4, "y": 4, "width": 48, "height": 48}
    assert full["faces"] == [box | {"pixels": "unchanged", "opens": "yes", "why": ""}]
    assert full["made"]["version"] == proface.__version__
    # It is the library's verdict.
    expected = proface.verify(protected, alice, signer=public.encode())
    assert full["is_authentic"] == expected.is_authentic
    check_refused(post(client, "verify", protected, signer="none"), 422, "bad-identity", "PEM")
    check_refused(post(client, "verify", protected, password="x"), 422, "wrong-key")
    assert post(client, "inspect", protected).json()["signature"] == "unknown signer"


def changed_scene(protected: bytes) -> bytes:
    return tampered(protected, lambda pixels: pixels[0, 0].__ixor__(1))


def changed_face(protected: bytes) -> bytes:
    return tampered(protected, lambda pixels: pixels[20, 20].__ixor__(128))


def changed_manifest(protected: bytes) -> bytes:
    return tampered(protected, lambda _: None, {"time": "2001-01-01T00:00:00Z", "version": "9"})


@pytest.mark.parametrize(
    ("change", "code", "expected"),
    [
        (changed_scene, "not-authentic", {"authentic": "yes", "scene": "changed"}),
        (changed_face, "damaged", {"authentic": "yes", "scene": "unchanged"}),
        (changed_manifest, "not-authentic", {"authentic": "no", "scene": "unchanged"}),
    ],
)
def test_a_tampered_picture_is_told_and_not_opened(
    client, change, code: str, expected: dict
) -> None:
    made = proface.protect(random_pixels(11), PASSWORD, profile="sealed", faces=[Box(4, 4, 48, 48)])
    forged = change(made.encode("PNG"))
    checked = post(client, "verify", forged, password=PASSWORD).json()
    assert checked["is_authentic"] is False
    assert checked["problems"]
    assert {name: checked[name] for name in expected} == expected
    check_refused(post(client, "recover", forged, password=PASSWORD), 422, code)


def tampered(protected: bytes, change, made: dict | None = None) -> bytes:
    """The picture with other pixels, or another time of making, and the manifest put back."""
    pixels = pixels_of(protected).copy()
    change(pixels)
    content = json.loads(proface.inspect(protected).manifest.to_json())
    content["made"] = made or content["made"]
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(protected)) as image:
        info = PngInfo()
        for name, text in image.text.items():
            kept = json.dumps(content, separators=(",", ":")) if "proface" in text else text
            info.add_text(name, kept)
    Image.fromarray(pixels).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def signer(tmp_path_factory) -> tuple[Path, str]:
    """A signing key's file, and the public key as PEM."""
    key = Ed25519PrivateKey.generate()
    path = tmp_path_factory.mktemp("signer") / "sign.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.touch(mode=0o600)
    path.write_bytes(pem)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return path, public.decode()


def identities(count: int) -> list[Identity]:
    return [Identity.generate() for _ in range(count)]


def as_file(identity: Identity) -> tuple[str, bytes]:
    return "key.txt", identity.to_text().encode()


# Manifests apart, and what there is


def test_a_manifest_kept_apart_can_be_sent_along(client) -> None:
    picture = random_pixels(4)
    result = proface.protect(picture, PASSWORD, profile="sealed", faces="whole")
    bare, manifest = result.encode("PNG", embed=False), result.manifest.to_json()
    check_refused(post(client, "inspect", bare), 422, "bad-manifest")
    assert post(client, "inspect", bare, manifest=manifest).json()["recoverable"] is True
    back = post(client, "recover", bare, password=PASSWORD, manifest=manifest)
    assert psnr(pixels_of(back.content), picture) > 35


def test_what_there_is(client) -> None:
    profiles = client.get("/api/profiles").json()
    assert [each["name"] for each in profiles["profiles"]] == proface.profiles()
    assert {each["wrong_password"] for each in profiles["profiles"]} == {
        "error",
        "noise",
        "obfuscated",
    }
    listed = client.get("/api/obfuscators").json()
    assert [each["name"] for each in listed["obfuscators"]] == [
        each.name for each in catalogue.facts() if each.missing is None
    ]
    assert client.get("/healthz").json() == {"status": "ok", "version": proface.__version__}
    assert client.get("/api/limits").json()["faces"] == Limits().faces


def test_a_job_tells_how_far_it_is_and_is_forgotten(client) -> None:
    name = "a-job-of-this-test"
    check_refused(client.get(f"/api/progress/{name}"), 404, "no-job")
    job = {"Proface-Job": name}
    assert post(client, "protect", png(random_pixels(5)), headers=job, **SEALED).is_success
    check_refused(client.get(f"/api/progress/{name}"), 404, "no-job")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("holiday.JPG", "holiday-protected.png"),
        ("C:\\pictures\\holiday.jpg", "holiday-protected.png"),
        ("../../etc/passwd", "passwd-protected.png"),
        ("été 世界.tar.png", "été 世界.tar-protected.png"),
        ("a\r\nb\u202e.png", "ab-protected.png"),
        ("...", "picture-protected.png"),
        ("", "picture-protected.png"),
        (None, "picture-protected.png"),
    ],
)
def test_a_result_has_a_sensible_name(given: str | None, expected: str) -> None:
    assert download_name(given, "protected") == expected
    header = PictureAnswer(Finished(b"", 1, "randwr", ()), expected).headers["content-disposition"]
    assert urllib.parse.unquote(header.partition("UTF-8''")[2]) == expected


def test_long_notes_do_not_make_a_long_header() -> None:
    notes = [f"face {number} came back at 44 dB" for number in range(300)]
    answer = PictureAnswer(Finished(b"", 300, "sealed", tuple(notes)), "a.png")
    header = answer.headers["proface-notes"]
    assert len(header) <= 2048
    kept = json.loads(header)
    assert kept[:-1] == notes[: len(kept) - 1]
    assert kept[-1] == f"and {300 - len(kept) + 1} more notes"


# Bad uploads


def gif_of_two_frames() -> bytes:
    buffer = io.BytesIO()
    frames = [Image.fromarray(random_pixels(seed)) for seed in (0, 1)]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "bad-picture"),
        (b"no picture", "bad-picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "bad-picture"),
        (png(random_pixels(0))[:200], "bad-picture"),
        (gif_of_two_frames(), "bad-picture"),
    ],
)
@pytest.mark.parametrize("path", ["detect", "preview", "protect", "recover", "verify", "inspect"])
def test_bad_pictures_are_refused(client, path: str, data: bytes, code: str) -> None:
    fields = {} if path in ("detect", "preview", "verify", "inspect") else {"password": PASSWORD}
    check_refused(post(client, path, data, **fields), 422, code, "the file")


@pytest.mark.parametrize(
    ("fields", "code", "word"),
    [
        ({"password": ""}, "bad-password", "password"),
        ({"password": "x" * 2000 + PASSWORD}, "bad-fields", "password"),
        ({"strength": "strong"}, "bad-fields", "strength"),
        ({"strength": "nan"}, "bad-fields", "strength"),
        ({"strength": "1000"}, "bad-obfuscator", "range"),
        ({"obfuscator": "magic"}, "bad-obfuscator", "unknown"),
        ({"profile": "../randwr"}, "bad-profile", "unknown"),
        ({"profile": "randwr", "carrier": "file"}, "bad-option", "carrier"),
        ({"boxes": "no json"}, "bad-boxes", "JSON"),
        ({"boxes": "[" * 100_000}, "bad-boxes", "boxes"),
        ({"boxes": "{}"}, "bad-boxes", "array"),
        ({"boxes": "[]"}, "no-face", "empty"),
        ({"boxes": '[{"x": 0, "y": 0, "width": 0, "height": 9}]'}, "bad-boxes", "width"),
        ({"boxes": '[{"x": 900, "y": 0, "width": 9, "height": 9}]'}, "bad-boxes", "outside"),
        ({"faces": "some"}, "bad-fields", "faces"),
        ({"faces": "auto"}, "no-face", "no face"),
        ({"threshold": "0"}, "bad-fields", "threshold"),
    ],
)
def test_bad_fields_are_refused_by_name(client, fields: dict, code: str, word: str) -> None:
    answer = post(client, "protect", png(random_pixels(0)), **(SEALED | fields))
    check_refused(answer, 422, code, word)


def test_forms_that_are_none(client) -> None:
    check_refused(client.post("/api/protect", json={"password": PASSWORD}), 415, "no-form")
    check_refused(client.post("/api/protect", data={"password": PASSWORD}), 415, "no-form")
    multipart = {"content-type": "multipart/form-data; boundary=x"}
    for body in (
        b"",
        b"--x",
        b"garbage",
        b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--",
    ):
        answer = client.post("/api/protect", content=body, headers=multipart)
        assert answer.status_code in (400, 422), answer.text
    check_refused(client.post("/api/protect", files={}, data={}), 415, "no-form")
    several = [("picture", ("a", b"b"))] * 30
    check_refused(client.post("/api/detect", files=several), 400, "bad-form", "Too many")


def test_wrong_addresses_and_methods(client) -> None:
    check_refused(client.get("/api/nothing"), 404, "not-found")
    answer = client.get("/api/protect")
    check_refused(answer, 405, "wrong-method")
    assert answer.headers["allow"] == "POST"
    for outside in ("/static/../app.py", "/static/%2e%2e/app.py", "/docs"):
        assert client.get(outside).status_code == 404


# Who may call


def test_passwords_in_an_address_are_refused_and_not_logged(client, caplog) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = client.post(f"/api/protect?password={PASSWORD}", files={"picture": b""})
        check_refused(answer, 400, "query")
        post(client, "protect", png(random_pixels(0)), **SEALED)
        post(client, "protect", b"", **SEALED)
    ours = [each.getMessage() for each in caplog.records if not each.name.startswith("http")]
    assert any("POST /api/protect 200" in line for line in ours)
    assert not any(word in line for line in ours for word in (PASSWORD, "password", "%E4"))


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", ""]
)
def test_other_names_are_refused_against_dns_rebinding(client, host: str) -> None:
    for path in ("/", "/healthz", "/api/profiles", "/static/main.js"):
        check_refused(client.get(path, headers={"Host": host}), 403, "wrong-host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.2", "[::1]:80"])
def test_names_of_this_machine_are_fine(client, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).is_success


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
    ],
)
def test_other_sites_cannot_make_a_browser_call(client, headers: dict[str, str]) -> None:
    answer = post(client, "detect", png(random_pixels(0)), headers=headers)
    check_refused(answer, 403, "other-site")


def test_links_and_the_page_itself_may_call(client) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/", headers=link).is_success
    origin = {"Origin": str(client.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    assert post(client, "detect", png(random_pixels(0)), headers=origin).is_success


def test_names_that_were_allowed() -> None:
    with serving(hosts=("faces.example",)) as client:
        assert client.get("/healthz", headers={"Host": "Faces.Example"}).is_success
        check_refused(client.get("/healthz", headers={"Host": "b.example"}), 403, "wrong-host")


def test_with_a_token_every_call_needs_it() -> None:
    token = "a-token-of-this-test"
    with serving(token=token) as client:
        good = {"Authorization": f"Bearer {token}", "Host": "any.example"}
        schema = client.get("/api/openapi.json", headers=good).json()
        assert schema["components"]["securitySchemes"]
        for path, methods in schema["paths"].items():
            for method in methods:
                if path == "/healthz":
                    assert client.request(method, path).is_success
                    continue
                for wrong in ({}, {"Authorization": "Bearer x"}, {"Authorization": token}):
                    answer = client.request(method, path, headers=wrong)
                    check_refused(answer, 401, "token")
                    assert answer.headers["www-authenticate"] == "Bearer"
        check_refused(client.get("/api/openapi.json"), 401, "token")
        assert post(client, "detect", png(random_pixels(0)), headers=good).is_success
        assert client.get("/").is_success  # the page, which asks for it


@pytest.mark.parametrize("path", ["/", "/static/main.js", "/api/profiles", "/api/nothing"])
def test_every_answer_is_kept_to_itself(client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == ("no-cache" if "static" in path else "no-store")
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers
