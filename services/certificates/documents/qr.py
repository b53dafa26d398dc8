"""QR codes as SVG, and nothing else that reaches the document from outside."""

import zxingcpp


def qr_svg(text: str) -> str:
    """The text as a QR code, error correction M, with its quiet zone."""
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    svg: str = made.to_svg(scale=1, add_hrt=False, add_quiet_zones=True)
    return svg
