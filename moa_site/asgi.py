"""The door for HTTP and sockets."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "moa_site.settings")
http = get_asgi_application()

from channels.routing import ProtocolTypeRouter  # noqa: E402

from moa_site.wire import mend_sockets  # noqa: E402
from playground.routing import sockets  # noqa: E402

mend_sockets()
application = ProtocolTypeRouter({"http": http, "websocket": sockets})
