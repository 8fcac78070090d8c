"""``proface serve``: a page for people, and HTTP for programs; needs ``proface[serve]``.

    request -> guard (host, origin, token) -> admission (size, room, time) -> app (HTTP)
            -> pool (how much at once) -> work (the library) -> PNG or JSON

One process; nothing is written to disk, and nothing kept after the answer.
"""
