"""An order as Shopify sends it with the topic orders/paid: invented people, the real shape."""

from __future__ import annotations

from typing import Any

ORDER: dict[str, Any] = {
    "id": 5678901234567,
    "admin_graphql_api_id": "gid://shopify/Order/5678901234567",
    "name": "#1001",
    "order_number": 1001,
    "created_at": "2026-11-20T10:15:30+01:00",
    "processed_at": "2026-11-20T10:15:29+01:00",
    "currency": "EUR",
    "subtotal_price": "109.00",
    "total_tax": "19.50",
    "total_price": "128.50",
    "financial_status": "paid",
    "fulfillment_status": None,
    "email": "ada@example.com",
    "customer": {"id": 7012345678901, "first_name": "Ada", "last_name": "Example", "email": "ada@example.com"},
    "line_items": [
        {"id": 1, "title": "Oak table lamp", "sku": "LAMP-OAK", "quantity": 1, "price": "79.00"},
        {"id": 2, "title": "Linen cushion", "sku": "CUSH-LIN", "quantity": 2, "price": "15.00"},
    ],
    "shipping_lines": [{"title": "Standard", "price": "19.50"}],
    "shipping_address": {"city": "Berlin", "country_code": "DE", "zip": "10115"},
}


def delivery_headers(webhook_id: str) -> dict[str, str]:
    """Return the headers that Shopify sends along."""
    return {
        "X-Shopify-Topic": "orders/paid",
        "X-Shopify-Shop-Domain": "example-shop.myshopify.com",
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Webhook-Id": webhook_id,
        "X-Shopify-Triggered-At": "2026-11-20T09:15:31Z",
    }
