"""The limit: an aiohttp handler that reads a JSON body, answers, and does nothing else."""

import sys

from aiohttp import web


async def answer(request: web.Request) -> web.Response:
    """Read the body as JSON and say so."""
    body = await request.json()
    return web.json_response({"accepted": bool(body)})


def main() -> None:
    """Serve on the port that the first argument names."""
    app = web.Application()
    app.router.add_post("/hooks/sms/generic", answer)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
