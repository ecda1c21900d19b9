"""Prints the CloudFormation template that template.yaml becomes, as AWS would translate it, without AWS."""

import json
from pathlib import Path

from boto3.session import Session
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

TEMPLATE = Path(__file__).resolve().parent.parent / "template.yaml"


def translate() -> dict:
    """The translated template as a dictionary."""
    template = yaml_parse(TEMPLATE.read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # `sam package` would upload the code and put its address here.
            resource["Properties"]["CodeUri"] = "s3://packaged/code.zip"
    # The region only decides the partition of ARNs.
    session = Session(region_name="us-east-1")
    return Translator({}, Parser(), boto_session=session).translate(template, parameter_values={})


if __name__ == "__main__":
    print(json.dumps(translate(), indent=2))
