"""Alerts by mail: sent in the background, tried again with growing pauses."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import smtplib
import ssl
from email.message import EmailMessage
from typing import TYPE_CHECKING

from refcmdb.services.delivery import ATTEMPTS, pause_s

if TYPE_CHECKING:
    from refcmdb.monitoring.alerting import Alerting, MailServer

log = logging.getLogger(__name__)

TIMEOUT_S = 10
LONGEST_QUEUE = 100


class Mailer:
    """Sends mails one after the other; what is queued when the process ends is lost."""

    def __init__(self, settings: Alerting) -> None:
        self._settings = settings
        self._queue: asyncio.Queue[EmailMessage] = asyncio.Queue(LONGEST_QUEUE)
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Start sending, where there is a server; needs a running event loop."""
        if self._settings.mail is not None:
            self._task = asyncio.create_task(self._work(self._settings.mail))

    async def close(self) -> None:
        """Stop, whatever is queued."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def announce(self, subject: str, text: str) -> None:
        """Send it soon; a full queue drops it, and says so."""
        if self._task is None:
            return
        message = EmailMessage()
        message["Subject"], message["From"] = subject, self._settings.sender
        message["To"] = ", ".join(self._settings.recipients)
        message.set_content(text)
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            log.warning("a mail is not sent, the queue is full: %s", subject)

    async def _work(self, server: MailServer) -> None:
        while True:
            message = await self._queue.get()
            for attempt in range(ATTEMPTS):
                problem = await asyncio.to_thread(_sent, server, message)
                if not problem:
                    break
                log.warning("a mail is not sent yet: %s", problem)
                await asyncio.sleep(pause_s(attempt))
            else:
                log.warning("a mail is given up: %s", message["Subject"])


def _sent(server: MailServer, message: EmailMessage) -> str:
    """Empty, or what went wrong."""
    try:
        _send(server, message)
    except (smtplib.SMTPException, OSError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _send(server: MailServer, message: EmailMessage) -> None:
    context = ssl.create_default_context()
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(_connected(server, context))
        if not server.tls and client.has_extn("starttls"):
            client.starttls(context=context)
        elif server.user and not server.tls:
            raise smtplib.SMTPException("it offers no TLS, so it gets no password")
        if server.user:
            client.login(server.user, server.password)
        client.send_message(message)


def _connected(server: MailServer, context: ssl.SSLContext) -> smtplib.SMTP:
    if server.tls:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=context)
    client = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
    client.ehlo()
    return client
