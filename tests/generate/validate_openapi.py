"""Validates the OpenAPI documents below a folder, and prints what is wrong with them."""

import json
import sys
from multiprocessing import Pool
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator


def faults(path):
    validator = OpenAPIV31SpecValidator(json.loads(path.read_text()))
    try:
        errors = list(validator.iter_errors())
    except Exception as error:  # A reference that leads nowhere is none of its findings.
        return [f"{path.name}: {str(error)[:300]}"]
    return [f"{path.name}: {list(error.absolute_path)}: {error.message[:300]}" for error in errors]


if __name__ == "__main__":
    paths = sorted(Path(sys.argv[1]).rglob("*.json"))
    with Pool() as pool:
        for found in pool.imap(faults, paths):
            for fault in found:
                print(fault)
    print(f"{len(paths)} checked")
