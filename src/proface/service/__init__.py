"""``proface serve``: a page for people, and HTTP for programs; needs ``proface[serve]``.

    request -> guard (host, origin, token) -> admission (size, room, time) -> app (HTTP)
            -> workers (how much at once) -> operations (the library) -> PNG or JSON

One process. Nothing is written to disk, and nothing is kept after the answer.
"""
