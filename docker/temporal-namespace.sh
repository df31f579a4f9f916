#!/bin/sh
# Make the namespace, and the search attributes by which runs are found, unless they are there.
set -eu
temporal operator namespace describe --namespace "$NAMESPACE" >/dev/null 2>&1 ||
    temporal operator namespace create --namespace "$NAMESPACE" --retention "$RETENTION"
for attribute in Workflow=Keyword Trigger=Keyword Step=Keyword Connection=KeywordList; do
    temporal operator search-attribute create --namespace "$NAMESPACE" \
        --name "${attribute%=*}" --type "${attribute#*=}" ||
        temporal operator search-attribute list --namespace "$NAMESPACE" | grep -q "${attribute%=*}"
done
