from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes

from codec.keys import PayloadKey
from codec.payloads import Encryption


def make_converter(keys: Mapping[str, PayloadKey], *, hide_failures: bool = True) -> DataConverter:
    """Return the converter of clients and workers; that of replayers hides no failure, for nobody else sees theirs.

    Without keys it still knows an encrypted payload by its form: a worker that was not given the key leaves the run
    as it is, where the plain converter would hand the failure to the workflow's own code.
    """
    converter = replace(pydantic_data_converter, payload_codec=Encryption(keys))
    if not keys or not hide_failures:
        return converter
    # Messages and stack traces are no payloads; a codec alone would leave them in plain text.
    return replace(converter, failure_converter_class=DefaultFailureConverterWithEncodedAttributes)
