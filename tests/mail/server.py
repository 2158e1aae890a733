"""A real SMTP server for the tests, scripted to fail.

Listens on 127.0.0.1 on a port that the system chooses and prints it as the first
line. Stores every message it takes as NUMBER.eml (as received) and NUMBER.json (as
Python's own mail library reads it) in the folder given. Ends when its standard
input ends, so it cannot outlive the test.

A line "hold STEP" on its standard input makes the next session that gets there (rcpt,
data: received, stored: not answered yet) say "held STEP" and wait for a line "go".
"""

import argparse
import asyncio
import base64
import email
import email.policy
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

FAULTS = ("none", "closing", "busy", "busy-twice", "no-such-user", "too-big", "drop-in-data", "answer-lost", "hang")


def described(envelope):
    """The message as a mail program shows it."""
    message = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
    parts = []

    def look(part, inside):
        if part.is_multipart():
            for inner in part.iter_parts():
                look(inner, inside + [part.get_content_type()])
            return
        content = part.get_content()
        if isinstance(content, bytes):
            content = base64.b64encode(content).decode()
        parts.append(
            {
                "inside": inside,
                "type": part.get_content_type(),
                "charset": part.get_content_charset(),
                "encoding": part["Content-Transfer-Encoding"],
                "id": part["Content-ID"],
                "disposition": part.get_content_disposition(),
                "filename": part.get_filename(),
                "description": part["Content-Description"],
                "body": content,
            }
        )

    look(message, [])
    return {
        "mail_from": envelope.mail_from,
        "rcpt_tos": envelope.rcpt_tos,
        "type": message.get_content_type(),
        "headers": [[name, str(value)] for name, value in message.items()],
        "to_name": message["To"].addresses[0].display_name,
        "to_address": message["To"].addresses[0].addr_spec,
        "parts": parts,
        "defects": [repr(defect) for part in message.walk() for defect in part.defects]
        + [repr(defect) for value in message.values() for defect in value.defects],
        "tls": envelope.tls,
        "user": envelope.user,
    }


class Handler:
    def __init__(self, folder, fault):
        self.folder = folder
        self.fault = fault
        self.attempts = 0
        self.stored = 0
        self.holding = None
        self.go = asyncio.Event()

    async def step(self, name):
        if self.holding == name:
            self.holding = None
            print(f"held {name}", flush=True)
            await self.go.wait()

    async def obey(self):
        """Follows the lines of the standard input until it ends."""
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
        )
        while line := (await lines.readline()).decode().split():
            if line[0] == "hold":
                self.go.clear()
                self.holding = line[1]
            else:
                self.holding = None
                self.go.set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.fault == "no-such-user":
            return "550 5.1.1 no such user here"
        if self.fault == "closing":
            return "421 4.3.2 closing"
        if self.fault == "busy":
            return "450 4.2.0 busy"
        await self.step("rcpt")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.attempts += 1
        if self.fault == "busy-twice" and self.attempts <= 2:
            return "451 4.3.0 try again later"
        if self.fault == "too-big":
            return "552 5.3.4 message too big"
        if self.fault == "hang":
            await asyncio.Event().wait()
        if self.fault == "drop-in-data":
            server.transport.abort()
            raise ConnectionResetError
        await self.step("data")
        self.store(server, session, envelope)
        await self.step("stored")
        if self.fault == "answer-lost":
            server.transport.abort()
            raise ConnectionResetError
        return f"250 2.0.0 stored as {self.stored}"

    def store(self, server, session, envelope):
        self.stored += 1
        envelope.tls = server.transport.get_extra_info("ssl_object") is not None
        envelope.user = session.auth_data
        (self.folder / f"{self.stored}.eml").write_bytes(envelope.original_content)
        text = json.dumps(described(envelope), ensure_ascii=False)
        (self.folder / f"{self.stored}.json").write_text(text, encoding="utf-8")


async def serve(options):
    context = None
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate, options.key)
    handler = Handler(pathlib.Path(options.folder), options.fault)

    def authenticate(server, session, envelope, mechanism, data):
        if (data.login.decode(), data.password.decode()) == (options.user, options.password):
            return AuthResult(success=True, auth_data=options.user)
        return AuthResult(success=False, handled=False)

    def session():
        return SMTP(
            handler,
            hostname="mail.test",
            data_size_limit=64 * 1024 * 1024,
            enable_SMTPUTF8=True,
            authenticator=authenticate,
            auth_required=bool(options.user),
            # With TLS from the first byte aiosmtpd does not know that it is encrypted.
            auth_require_tls=options.security == "starttls",
            require_starttls=options.security == "starttls",
            tls_context=context if options.security == "starttls" else None,
        )

    loop = asyncio.get_running_loop()
    listener = await loop.create_server(
        session, "127.0.0.1", 0, ssl=context if options.security == "tls" else None
    )
    print(listener.sockets[0].getsockname()[1], flush=True)
    await handler.obey()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--security", choices=("none", "starttls", "tls"), default="none")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--fault", choices=FAULTS, default="none")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
