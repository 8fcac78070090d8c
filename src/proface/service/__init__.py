"""``proface serve``: a page for people, and HTTP for programs; needs ``proface[serve]``.

    request -> connections (deadlines, how many) -> guard (host, origin, token)
            -> admission (size, room, time) -> app (HTTP) -> workers (how much at once)
            -> a process of its own (the library, with limits of the system) -> PNG or JSON

Nothing is written to disk, and nothing is kept after the answer.
"""
