"""Generates the operations of one document, in a process that has the generator on its path.

``worker.py FOLDER TEMPLATES < document``. Prints what the generator says: then the exit status is 1.
"""

import json
import sys
from pathlib import Path

from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError


def main() -> int:
    """Generate, and print every warning."""
    folder, templates = map(Path, sys.argv[1:])
    config = Config.from_sources(
        ConfigFile(post_hooks=[], literal_enums=True),
        MetaType.NONE,
        document_source="",
        file_encoding="utf-8",
        overwrite=True,
        output_path=folder,
    )
    document = json.load(sys.stdin)
    with_key = document.pop("x-with-idempotency-key")
    data = GeneratorData.from_dict(document, config=config)
    if isinstance(data, GeneratorError):
        print(data)
        return 1
    project = Project(openapi=data, config=config, custom_template_path=templates)
    project.env.globals["operations_with_key"] = with_key
    warnings = project.build()
    for warning in warnings:
        print(f"{warning.header}: {warning.detail}")
    return 1 if warnings else 0


if __name__ == "__main__":
    raise SystemExit(main())
