"""The client side of the Model Context Protocol, as the official SDK speaks it.

In 1.x every request of a client passes `ClientSession.send_request`, in 2.x the dispatcher of its session. There it is
recorded with its result and with what the server said meanwhile. In replay the SDK's own machinery runs on, with the
recording in the server's place: it parses results, raises errors, calls the app's callbacks and keeps the timeouts.
Below, connections are opened to nobody: no process is started, no request sent.
"""
