"""The page, in a real Chromium: protect a photograph, download it, recover it.

Without Chromium these tests are skipped, unless the variable PROFACE_BROWSER says ``required``.
Pictures of each state go to the folder that PROFACE_SCREENSHOTS names.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

import proface
from proface import obfuscators
from proface.faces.boxes import Box
from proface.keys import Identity
from proface.showcase.demo import SAMPLE
from tests.service.serving import pixels_of, png, random_pixels, serving
from tests.service.test_http import tampered

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PASSWORD = "correct horse battery staple"
expect.set_options(timeout=30_000)  # a process for pictures may have to be started first
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and os.environ.get("PROFACE_BROWSER") != "required",
    reason="there is no Chromium: the page was not tested (apt install chromium)",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "PROFACE_BROWSER says required, and there is no chromium"
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as client:
        yield str(client.base_url)


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with opened(browser, address) as page:
        yield page


@contextmanager
def opened(
    browser: Browser, address: str, size: str = "desktop", scheme: str = "light"
) -> Iterator[Page]:
    """A page that must neither call elsewhere nor complain to its console."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        has_touch=size == "phone",
        is_mobile=size == "phone",
    )
    context.set_default_timeout(60_000)
    page = context.new_page()
    elsewhere, complaints = [], []
    page.on("request", lambda request: elsewhere.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if "Security Policy" in m.text else None)
    page.goto(address)
    page.wait_for_selector("body[data-ready], dialog[open]")
    yield page
    assert [url for url in elsewhere if not url.startswith((address, "blob:"))] == []
    assert complaints == []
    context.close()


def take_picture(page: Page, name: str) -> None:
    """Keep a picture of a state, for those who look at them."""
    folder = os.environ.get("PROFACE_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def check_accessible(page: Page) -> None:
    """No serious violation of what axe knows, once no colour is on its way to another."""
    page.evaluate(
        "Promise.allSettled(document.getAnimations().filter("
        "(each) => each instanceof CSSTransition).map((each) => each.finished)).then(() => true)"
    )
    found = Axe().run(page).response["violations"]
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    assert not serious, json.dumps([(each["id"], each["nodes"]) for each in serious], indent=1)


def choose(page: Page, picture: Path | bytes) -> None:
    """Give the first tab a picture, and wait for its preview."""
    file = picture if isinstance(picture, Path) else as_upload(picture)
    page.set_input_files("#protect-file", file)
    expect(page.locator("#protect-form")).to_be_visible()


def as_upload(data: bytes) -> dict[str, object]:
    return {"name": "picture.png", "mimeType": "image/png", "buffer": data}


def download(page: Page, link: str) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.click(link)
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def psnr(first: np.ndarray, second: np.ndarray) -> float:
    return 10 * np.log10(255**2 / np.mean((first.astype(float) - second) ** 2))


@pytest.mark.parametrize(
    ("size", "scheme"), [("desktop", "light"), ("phone", "dark")], ids=["desktop", "phone"]
)
def test_a_photograph_forth_and_back(
    browser: Browser, address: str, size: str, scheme: str, tmp_path: Path
) -> None:
    with opened(browser, address, size, scheme) as page:
        name = f"{size}-{scheme}"
        take_picture(page, f"{name}-1-start")
        check_accessible(page)

        choose(page, SAMPLE)
        expect(page.locator(".region")).to_have_count(1)
        page.fill("#password", PASSWORD)
        page.fill("#again", PASSWORD)
        expect(page.locator("#password-strength")).to_contain_text("rented graphics card")
        take_picture(page, f"{name}-2-faces")
        check_accessible(page)

        held: list[Route] = []  # else a fast machine is done before anyone has looked
        page.route("**/api/protect*", lambda route: held.append(route))
        page.click("#protect-go")
        expect(page.locator("#busy")).to_be_visible()
        take_picture(page, f"{name}-3-progress")
        held[0].continue_()
        expect(page.locator("#protect-done")).to_be_visible()
        take_picture(page, f"{name}-4-protected")
        check_accessible(page)
        given, protected = download(page, "#protect-download")
        assert given == "astronaut-protected.png"

        page.click("#tab-recover")
        take_picture(page, f"{name}-5-recover")
        check_accessible(page)
        file = tmp_path / given
        file.write_bytes(protected)
        page.set_input_files("#recover-file", file)
        expect(page.locator("#recover-faces")).to_have_text("One face is protected in this picture")
        expect(page.locator("#recover-wrong")).to_contain_text("noise")
        expect(page.locator("#verdict-title")).to_contain_text("cannot be said")
        expect(page.locator("#verdict-made")).to_contain_text("It says that it was protected")
        take_picture(page, f"{name}-5b-inspected")
        check_accessible(page)

        page.fill("#recover-password", "wrong")
        page.click("#recover-go")
        expect(page.locator("#recover-result")).to_contain_text("not the right password")
        expect(page.locator("#recover-result")).to_contain_text("noise")
        expect(page.locator("#verdict-title")).to_contain_text("cannot be said")
        take_picture(page, f"{name}-6-wrong-password")
        _, wrong = download(page, "#recover-download")

        page.fill("#recover-password", PASSWORD)
        page.click("#recover-go")
        expect(page.locator("#recover-result")).to_contain_text("The password is right")
        expect(page.locator("#verdict-title")).to_have_text("Authentic")
        expect(page.locator("#verdict-made")).to_contain_text(proface.__version__)
        expect(page.locator("#busy")).to_be_hidden()
        take_picture(page, f"{name}-7-recovered")
        check_accessible(page)
        given, back = download(page, "#recover-download")
        assert given == "astronaut-recovered.png"

    original = pixels_of(SAMPLE.read_bytes())
    [box] = proface.inspect(protected).manifest.faces
    face = box.box.window
    outside = np.ones(original.shape[:2], bool)
    outside[face] = False
    for picture in (protected, wrong, back):
        np.testing.assert_array_equal(pixels_of(picture)[outside], original[outside])
    assert psnr(pixels_of(back)[face], original[face]) > 38
    assert psnr(pixels_of(protected)[face], original[face]) < 22
    assert psnr(pixels_of(wrong)[face], original[face]) < 12


def test_faces_are_drawn_moved_resized_switched_and_removed(page: Page) -> None:
    choose(page, png(random_pixels(0, 400)))
    count = page.locator("#count")
    expect(count).to_contain_text("No face was found")
    check_accessible(page)

    stage = page.locator("#stage").bounding_box()
    scale = 400 / stage["width"]
    left, top = stage["x"] + stage["width"] / 4, stage["y"] + stage["height"] / 4
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + 80, top + 60, steps=4)
    page.mouse.up()
    expect(count).to_have_text("One face will be hidden")
    face = page.locator(".face")
    check_box(page, 0, (100, 100, 80 * scale, 60 * scale))

    page.mouse.move(left + 30, top + 30)
    page.mouse.down()
    page.mouse.move(left + 60, top + 50, steps=4)
    page.mouse.up()
    check_box(page, 0, (100 + 30 * scale, 100 + 20 * scale, 80 * scale, 60 * scale))
    expect(face).to_have_attribute("aria-checked", "true")  # a drag is no click

    face.click()
    expect(count).to_have_text("No face will be hidden")
    expect(page.locator(".region")).to_have_count(0)
    face.click()
    expect(count).to_have_text("One face will be hidden")

    # The same with the keyboard alone.
    page.focus("#add-face")
    page.keyboard.press("Enter")
    expect(count).to_have_text("2 faces will be hidden")
    check_box(page, 1, (150, 150, 100, 100))
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "Shift+ArrowDown"):
        page.keyboard.press(key)
    check_box(page, 1, (158, 146, 100, 104))
    page.keyboard.press("Space")
    expect(count).to_have_text("1 of 2 faces will be hidden")
    page.keyboard.press("Space")
    page.keyboard.press("Delete")
    expect(count).to_have_text("One face will be hidden")
    expect(face).to_be_focused()

    page.locator("#strip button").click()
    expect(count).to_have_text("No face will be hidden")


def check_box(page: Page, index: int, expected: tuple[float, ...]) -> None:
    """Where a face is, in pixels of a picture 400 wide; the mouse is as exact as the screen."""
    style = (
        page.locator(".face")
        .nth(index)
        .evaluate("({style}) => [style.left, style.top, style.width, style.height]")
    )
    found = [float(each.removesuffix("%")) * 4 for each in style]
    np.testing.assert_allclose(found, expected, atol=3)


def test_the_preview_is_the_very_obfuscator_at_the_chosen_strength(page: Page) -> None:
    original = pixels_of(SAMPLE.read_bytes())
    choose(page, SAMPLE)
    for name in obfuscators.names():
        obfuscator, bounds = obfuscators.get(name), obfuscators.get(name).strength
        if bounds is None:
            continue
        page.check(f"#obfuscator-{name}")
        for percent in (0, 100):
            page.locator("#strength").fill(str(percent))
            strength = bounds.minimum + percent / 100 * (bounds.maximum - bounds.minimum)
            expected = obfuscator.apply(original[35:199, 160:290], strength)
            for _ in range(100):  # it follows the slider with some delay
                shown = shown_region(page)
                if np.array_equal(shown, expected):
                    break
                page.wait_for_timeout(100)
            np.testing.assert_array_equal(shown, expected)
    expect(page.locator("#strength-advice")).to_contain_text("The stronger")
    page.locator("#strength").fill("0")
    expect(page.locator("#strength-advice")).to_contain_text("Too weak")


def shown_region(page: Page) -> np.ndarray:
    expect(page.locator(".region")).to_have_count(1)
    width, height, colours = page.locator(".region").evaluate(
        """(image) => {
            const {naturalWidth: width, naturalHeight: height} = image;
            const context = new OffscreenCanvas(width, height).getContext("2d");
            context.drawImage(image, 0, 0);
            return [width, height, [...context.getImageData(0, 0, width, height).data]];
        }"""
    )
    return np.array(colours, np.uint8).reshape(height, width, 4)[:, :, :3]


def test_sealed_says_that_a_password_is_wrong(page: Page) -> None:
    page.click("#tab-recover")
    page.set_input_files("#recover-file", as_upload(sealed(1, PASSWORD)))
    expect(page.locator("#recover-wrong")).to_contain_text("you will be told")
    page.fill("#recover-password", "wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#alert")).to_contain_text("not the right password")
    expect(page.locator("#recover-download")).to_be_hidden()
    take_picture(page, "desktop-light-8-refused")
    check_accessible(page)
    page.fill("#recover-password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#recover-result")).to_contain_text("The password is right")
    expect(page.locator("#alert")).to_be_hidden()
    _, back = download(page, "#recover-download")
    np.testing.assert_array_equal(pixels_of(back), random_pixels(1))


@pytest.mark.parametrize(
    ("size", "scheme"), [("desktop", "dark"), ("phone", "light")], ids=["desktop", "phone"]
)
def test_for_people_without_a_password_and_back_with_an_identity(
    browser: Browser, address: str, size: str, scheme: str
) -> None:
    alice, bob, eve = (Identity.generate() for _ in range(3))
    with opened(browser, address, size, scheme) as page:
        name = f"{size}-{scheme}"
        choose(page, png(random_pixels(7, 200)))
        page.click("#add-face")
        page.click("#people summary")
        page.fill("#recipients", f"{alice.recipients[0]}\n{bob.recipients[0]}")
        expect(page.locator("#people-alone")).to_contain_text("You cannot")
        take_picture(page, f"{name}-11-people")
        check_accessible(page)
        page.click("#protect-go")
        expect(page.locator("#protect-done")).to_be_visible()
        expect(page.locator("#keep-who")).to_contain_text("not even you")
        _, protected = download(page, "#protect-download")
        [slot] = proface.inspect(protected).manifest.slots
        assert slot.recipients == 2

        page.click("#tab-recover")
        page.set_input_files("#recover-file", as_upload(protected))
        expect(page.locator("#recover-opens")).to_contain_text("identity")
        expect(page.locator("#recover-opens")).to_contain_text(": 2.")
        expect(page.locator("#with-identity")).to_be_checked()
        expect(page.locator("#verdict-title")).to_contain_text("cannot be said")
        page.set_input_files("#identity", as_key(eve))
        page.click("#recover-go")
        expect(page.locator("#recover-result")).to_contain_text(
            "not the right password or identity"
        )
        take_picture(page, f"{name}-12-wrong-identity")
        check_accessible(page)
        for each in (alice, bob):
            page.set_input_files("#identity", as_key(each))
            with page.expect_response("**/api/recover") as answered:
                page.click("#recover-go")
            assert answered.value.headers["proface-key-matched"] == "true"
            expect(page.locator("#recover-result")).to_contain_text("The identity is right")
            expect(page.locator("#verdict-title")).to_have_text("Authentic")
        expect(page.locator("#busy")).to_be_hidden()
        take_picture(page, f"{name}-13-identity")
        check_accessible(page)
        _, back = download(page, "#recover-download")
    assert psnr(pixels_of(back), random_pixels(7, 200)) > 35


def test_a_grant_brings_its_face_back_alone(page: Page) -> None:
    picture, boxes = random_pixels(8, 96), [Box(0, 0, 40, 40), Box(50, 50, 40, 40)]
    alice, bob = Identity.generate(), Identity.generate()
    made = proface.protect(
        picture, recipients=alice.recipients, profile="sealed", carrier="file", faces=boxes
    )
    grant = proface.grant(made.encode("PNG"), alice, [1], bob.recipients)
    page.click("#tab-recover")
    page.set_input_files("#recover-file", as_upload(made.encode("PNG")))
    expect(page.locator("#identity")).to_be_visible()
    page.set_input_files("#identity", as_key(bob))
    page.set_input_files("#grant", as_upload(grant))
    page.click("#recover-go")
    expect(page.locator("#recover-result")).to_contain_text("The grant is right")
    expect(page.locator("#verdict-detail")).to_contain_text("Of 2 faces, 1 opened")
    expect(page.locator("#recover-notes")).to_contain_text("not granted")
    take_picture(page, "desktop-light-14-grant")
    _, back = download(page, "#recover-download")
    expected = made.pixels.copy()
    expected[boxes[1].window] = picture[boxes[1].window]
    np.testing.assert_array_equal(pixels_of(back), expected)


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_changed_picture_is_told(browser: Browser, address: str, size: str) -> None:
    made = proface.protect(
        pixels_of(SAMPLE.read_bytes()), PASSWORD, profile="sealed", faces=[Box(160, 35, 130, 164)]
    )
    forged = tampered(made.encode("PNG"), lambda pixels: pixels[300:400, 300:400].fill(90))
    with opened(browser, address, size) as page:
        page.click("#tab-recover")
        page.set_input_files("#recover-file", as_upload(forged))
        expect(page.locator("#verdict-title")).to_have_text("Changed")
        expect(page.locator("#verdict-problems")).to_contain_text("around the faces")
        take_picture(page, f"{size}-light-15-changed")
        check_accessible(page)
        page.fill("#recover-password", PASSWORD)
        page.click("#recover-check")
        expect(page.locator("#verdict-made")).to_contain_text("by the clock of that computer")
        expect(page.locator("#verdict-title")).to_have_text("Changed")
        expect(page.locator("#recover-download")).to_be_hidden()
        page.click("#recover-go")
        expect(page.locator("#alert")).to_contain_text("Do not trust this picture")
        expect(page.locator("#recover-download")).to_be_hidden()
        take_picture(page, f"{size}-light-16-not-authentic")
        check_accessible(page)
        # What is left comes back to whoever asks for it, and is still told to be changed.
        page.check("#accept-damage")
        page.click("#recover-go")
        expect(page.locator("#recover-result")).to_contain_text("The password is right")
        expect(page.locator("#verdict-title")).to_have_text("Changed")


def test_an_untouched_picture_can_be_checked_without_showing_it(page: Page) -> None:
    page.click("#tab-recover")
    page.set_input_files("#recover-file", as_upload(sealed(12, PASSWORD)))
    expect(page.locator("#verdict-title")).to_contain_text("cannot be said")
    page.click("#recover-check")
    expect(page.locator("#alert")).to_contain_text("Type the password")
    page.fill("#recover-password", "wrong")
    page.click("#recover-check")
    expect(page.locator("#alert")).to_contain_text("not the right password")
    page.fill("#recover-password", PASSWORD)
    page.click("#recover-check")
    expect(page.locator("#verdict-title")).to_have_text("Authentic")
    expect(page.locator("#recover-download")).to_be_hidden()
    expect(page.locator("#recover-result")).to_have_text("")


def sealed(seed: int, password: str) -> bytes:
    """A picture that comes back bit for bit: a PNG file."""
    made = proface.protect(
        random_pixels(seed), password, profile="sealed", carrier="file", faces="whole"
    )
    return made.encode("PNG")


def as_key(identity: Identity) -> dict[str, object]:
    return {"name": "key.txt", "mimeType": "text/plain", "buffer": identity.to_text().encode()}


def test_what_a_wrong_password_shows_can_be_chosen(page: Page) -> None:
    choose(page, png(random_pixels(2, 64)))
    page.click("#add-face")
    page.click("summary:has-text('What a wrong password shows')")
    check_accessible(page)
    take_picture(page, "desktop-light-9-wrong-recoveries")
    expect(page.locator("#profiles .radio")).to_have_count(3)
    page.check("#profile-sealed")
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#protect-done")).to_be_visible()
    _, protected = download(page, "#protect-download")
    assert proface.inspect(protected).manifest.profile == "sealed"


def test_passwords_must_agree_are_judged_and_can_be_suggested(page: Page) -> None:
    choose(page, SAMPLE)
    page.fill("#password", "password1")
    expect(page.locator("#password-strength")).to_contain_text("Very weak")
    page.fill("#again", "password2")
    expect(page.locator("#again-problem")).to_contain_text("not the same")
    page.click("#protect-go")
    expect(page.locator("#again")).to_be_focused()
    expect(page.locator("#protect-done")).to_be_hidden()

    page.click("#suggest")
    suggested = page.input_value("#password")
    assert len(suggested) == 19
    assert page.input_value("#again") == suggested
    expect(page.locator("#password")).to_have_attribute("type", "text")
    page.click("#show-password")
    expect(page.locator("#password")).to_have_attribute("type", "password")
    page.fill("#password", suggested[:-1] + "x")
    expect(page.locator("#password-strength")).to_contain_text("longer than there have been")


def test_pictures_that_cannot_be_used_are_refused_kindly(page: Page) -> None:
    page.set_input_files("#protect-file", as_upload(b"no picture"))
    expect(page.locator("#alert")).to_contain_text("cannot show this file")
    page.locator("#protect-file").evaluate(
        """(field) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(33 * 2 ** 20)], "a.png", {type: "image/png"}));
            field.files = data.files;
            field.dispatchEvent(new Event("change"));
        }"""
    )
    expect(page.locator("#alert")).to_contain_text("larger than the 33 MB")
    check_accessible(page)
    page.click("#tab-recover")
    expect(page.locator("#alert")).to_be_hidden()
    page.set_input_files("#recover-file", as_upload(png(random_pixels(3))))
    expect(page.locator("#alert")).to_contain_text("No faces are protected in this picture")


def test_pictures_can_be_dropped_and_pasted(page: Page) -> None:
    give = """([kind, bytes]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], "a.png", {type: "image/png"}));
        const event = kind === "drop"
            ? new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true})
            : new ClipboardEvent("paste", {clipboardData: data, bubbles: true});
        document.body.dispatchEvent(event);
    }"""
    picture = list(png(random_pixels(4)))
    for kind in ("drop", "paste"):
        page.evaluate(give, [kind, picture])
        expect(page.locator("#protect-form")).to_be_visible()
        page.click("#protect-other")
        expect(page.locator("#protect-start")).to_be_visible()


def test_tabs_and_comparison_answer_the_keyboard(page: Page) -> None:
    page.focus("#tab-protect")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-recover")).to_be_focused()
    expect(page.locator("#recover")).to_be_visible()
    page.set_input_files("#recover-file", as_upload(sealed(5, PASSWORD)))
    expect(page.locator("#recover-password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    slider = page.locator("#recover-compare input")
    slider.focus()
    page.keyboard.press("End")
    expect(page.locator("#recover-compare")).to_have_css("--at", "100%")


def test_the_page_asks_for_a_token_where_one_is_needed(browser: Browser) -> None:
    token = "a-token-of-this-test"
    with serving(token=token) as client, opened(browser, str(client.base_url)) as page:
        take_picture(page, "desktop-light-10-token")
        check_accessible(page)
        page.fill("#token", "wrong")
        page.keyboard.press("Enter")
        expect(page.locator("#token")).to_have_value("")
        page.fill("#token", token)
        page.keyboard.press("Enter")
        page.wait_for_selector("body[data-ready]")
        choose(page, png(random_pixels(6)))


def test_a_call_refused_late_does_not_ask_for_the_token_again(browser: Browser) -> None:
    token = "a-token-of-this-test"
    with serving(token=token) as client, opened(browser, str(client.base_url)) as page:
        held: list[Route] = []
        page.route(
            "**/api/profiles", lambda route: route.continue_() if held else held.append(route)
        )
        page.reload()
        page.fill("#token", token)
        with page.expect_response(lambda each: each.url.endswith("api/limits") and each.ok):
            page.keyboard.press("Enter")
        held[0].continue_()
        page.wait_for_selector("body[data-ready]")
        expect(page.locator("#token-dialog")).to_be_hidden()
