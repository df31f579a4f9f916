#!/bin/sh
# Make the namespace, and the search attributes by which runs are found, unless they are there; set how long ended runs
# are kept. Safe to run again.
set -eu
left=30
until temporal operator cluster health >/dev/null 2>&1; do # its port is open some time before it answers
    left=$((left - 1))
    [ $left -gt 0 ] || { echo "Temporal does not answer at ${TEMPORAL_ADDRESS:-}." >&2; exit 1; }
    sleep 1
done
if temporal operator namespace describe --namespace "$NAMESPACE" >/dev/null 2>&1; then
    temporal operator namespace update --namespace "$NAMESPACE" --retention "$RETENTION"
else
    temporal operator namespace create --namespace "$NAMESPACE" --retention "$RETENTION"
fi

there() { # name, type
    temporal operator search-attribute list --namespace "$NAMESPACE" 2>/dev/null | grep -Eq "^ *$1 +$2 *$"
}
for attribute in Workflow=Keyword Trigger=Keyword Step=Keyword Connection=KeywordList; do
    name=${attribute%=*} type=${attribute#*=} left=30
    # A new namespace is known to all parts of the server after some seconds.
    until there "$name" "$type"; do
        left=$((left - 1))
        [ $left -gt 0 ] || { echo "The search attribute $name of type $type could not be made." >&2; exit 1; }
        temporal operator search-attribute create --namespace "$NAMESPACE" --name "$name" --type "$type" || sleep 1
    done
done
