"""Translates a SAM template into the CloudFormation template that AWS would make of it, without AWS."""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """The template states its policies itself, so no name of a managed one has to be looked up."""

    def load(self):
        return {}


def main(source, target):
    template = yaml_parse(Path(source).read_text())
    for resource in template["Resources"].values():
        # `sam package` puts the address of the upload in place of the folder.
        if "CodeUri" in resource.get("Properties", {}):
            resource["Properties"]["CodeUri"] = "s3://placeholder/function.zip"
    try:
        translated = transform(template, {}, NoManagedPolicies())
    except InvalidDocumentException as error:
        sys.exit("\n".join(cause.message for cause in error.causes))
    Path(target).write_text(json.dumps(translated, indent=1))
    print(f"   {len(template['Resources'])} resources become {len(translated['Resources'])}")


main(*sys.argv[1:])
