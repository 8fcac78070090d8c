"""What a picture's file may ask of its decoder, counted before any decoder sees it.

A few bytes can ask for hours of work: a scan over 40 megapixels takes 12 bytes of a JPEG, a whole
directory of a TIFF 14. None of the bounds is near what cameras and programs write. The walks here
go over the headers alone, in a time that grows with the file's length.
"""

from . import boxes, chunked, gif, jpeg, plain, tiff

check_exif = tiff.check_exif


def check(data: bytes) -> None:
    """Refuse a file that would keep a decoder busy beyond all proportion to its pixels.

    Files of other formats, and those that no decoder would read, pass.

    Raises:
        PictureError: there are too many scans, directories, frames, chunks or the like; the
            message has no subject: "has more than 100 scans; ...".
    """
    if data.startswith(b"\xff\xd8\xff"):
        jpeg.check(data)
    elif data.startswith(b"\x89PNG\r\n\x1a\n"):
        chunked.check_png(data)
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        chunked.check_webp(data)
    elif data.startswith((b"II", b"MM")):
        tiff.check(data)
    elif data.startswith((b"GIF87a", b"GIF89a")):
        gif.check(data)
    elif data[4:8] in (b"jP  ", b"ftyp") or data.startswith(b"\xff\x4f\xff\x51"):
        boxes.check(data)
    elif data.startswith(b"BM") or data[:1] in plain.DIB_SIZES:
        plain.check_bmp(data)
    elif data.startswith(b"P") and data[1:2] in plain.PPM_KINDS:
        plain.check_ppm(data)
