"""QR codes as SVG that scales: one path on a white ground, no style, so that any page may hold it."""

from typing import Any

import zxingcpp

QUIET = 4
"""Modules of white around a code, as its standard asks for."""


def modules(text: str) -> list[list[bool]]:
    """The dark modules of the text's QR code, error correction M, row by row."""
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image: Any = made.to_image(scale=1, add_quiet_zones=False)
    rows: Any = memoryview(image).tolist()
    return [[value == 0 for value in row] for row in rows]


def qr_svg(text: str) -> str:
    """The text as a picture with its quiet zone; one unit is one module."""
    rows = modules(text)
    side = len(rows) + 2 * QUIET
    dark = "".join(
        f"M{x + QUIET} {y + QUIET}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, module in enumerate(row)
        if module
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" '
        f'shape-rendering="crispEdges"><path d="M0 0h{side}v{side}H0z" fill="#fff"/>'
        f'<path d="{dark}"/></svg>'
    )
