"""What a browser may do with our answers: one strict policy for pages, a closed one for everything else."""

from __future__ import annotations

from urllib.parse import urlsplit

from bidding.settings import Settings

#: Trusted Types: Vue's own policy, and the one that makes worker addresses (webclient/src/app/trusted.ts).
TRUSTED_TYPES = "vue kaibiao"
#: Nothing of ours uses these; a script that got in could not either.
PERMISSIONS = (
    "accelerometer=(), autoplay=(self), browsing-topics=(), camera=(), clipboard-read=(), "
    "clipboard-write=(self), display-capture=(), fullscreen=(self), geolocation=(), gyroscope=(), hid=(), "
    "local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()"
)
#: For answers that are data: should a browser ever show one as a page, it can do nothing.
CLOSED = "default-src 'none'; frame-ancestors 'none'"
#: For our own scripts, which a worker takes its policy from.
WORKER = "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'"
YEAR = 31_536_000


def page_policy(settings: Settings, nonce: str) -> str:
    """The policy of the client's page. Scripts need this answer's nonce; nothing leaves for another site."""
    address = urlsplit(settings.base_url)
    socket = f"{'wss' if address.scheme == 'https' else 'ws'}://{address.netloc}"
    rules = (
        "default-src 'none'",
        f"script-src 'nonce-{nonce}' 'strict-dynamic'",
        f"style-src 'self' 'nonce-{nonce}'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "font-src 'self'",
        # Older browsers do not count a socket to the same host as 'self'.
        f"connect-src 'self' {socket}",
        "worker-src 'self'",
        "manifest-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        f"trusted-types {TRUSTED_TYPES}",
    )
    return "; ".join(rules)


def common_headers(settings: Settings) -> dict[str, str]:
    """Headers of every answer that does not set its own."""
    headers = {
        "Content-Security-Policy": CLOSED,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": PERMISSIONS,
    }
    if settings.secure_cookies:
        headers["Strict-Transport-Security"] = f"max-age={YEAR}"
    return headers
