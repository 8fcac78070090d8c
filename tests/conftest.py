"""What all tests need of their process."""

import signal

# A shell that starts the tests in the background lets them, and all their children, ignore Ctrl-C.
# Some tests send it. A handler of our own becomes the default again in each child.
signal.signal(signal.SIGINT, signal.default_int_handler)
