"""`hadir redeliver`: failed deliveries out of Zoom's webhook log, to our gateway once more."""

import asyncio
import time
from typing import Annotated, Any

import typer

from deploy.cli.console import console, print_json
from deploy.cli.errors import Failed


def command(
    app: Annotated[str, typer.Option(help="Id of the Zoom app whose webhooks failed.")],
    days: Annotated[int, typer.Option(min=1, max=7, help="How far back.")] = 7,
    gateway: Annotated[str, typer.Option(help="Base URL; default: what runs here.")] = "",
    secret: Annotated[
        str, typer.Option(envvar="HADIR_ZOOM_SECRETS", help="Webhook secret, newest first.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Post every failed delivery of the last days, signed, to the gateway. Doing it twice is harmless.

    Needs HADIR_ZOOM_ACCOUNT_ID, HADIR_ZOOM_CLIENT_ID and HADIR_ZOOM_CLIENT_SECRET. Exit code 1 if
    the gateway refused one.
    """
    from deploy.cli.target import running, settings_of
    from services.attendance.settings import ZoomAccountSettings

    here = {} if gateway and secret else running()
    key = (secret or here["zoom_secret"]).split(",")[0].strip()
    account = settings_of(ZoomAccountSettings)
    done = asyncio.run(_redeliver(account, app, days, gateway or here["gateway"], key))
    if as_json:
        print_json(done._asdict())
    else:
        console().print(f"{done.found} failed deliveries found, {done.accepted} accepted.")
    if done.refused:
        raise Failed(f"The gateway refused {done.refused}.")


async def _redeliver(account: Any, app: str, days: int, gateway: str, secret: str) -> Any:
    from datetime import UTC, datetime

    import httpx

    from services.attendance.reconcile.reconciler import http_client, zoom_client
    from services.attendance.reconcile.redelivery import Redelivered, failed_deliveries, redeliver

    found = accepted = 0
    async with http_client(account) as zoom, httpx.AsyncClient(trust_env=False) as ours:
        client = zoom_client(account, zoom)
        async for failed in failed_deliveries(client, app, datetime.now(UTC), days):
            found += 1
            accepted += await redeliver(ours, gateway, secret, int(time.time()), failed)
    return Redelivered(found, accepted, found - accepted)
