#!/bin/sh
# Make notion.json anew from Notion's published types, in a folder that is thrown away.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp "$here/types.ts" "$work/"
cd "$work"
cat > tsconfig.json <<'JSON'
{
  "compilerOptions": {
    "strict": true,
    "module": "nodenext",
    "moduleResolution": "nodenext",
    "target": "es2022",
    "skipLibCheck": true
  },
  "files": ["types.ts"]
}
JSON
npm init --yes > /dev/null
npm install --no-save @notionhq/client@5.26.0 ts-json-schema-generator@2.4.0
npx ts-json-schema-generator --path types.ts --tsconfig tsconfig.json --no-type-check --additional-properties \
  -o generated.json
python3 "$here/reduce.py" generated.json "$here/notion.json"
cp node_modules/@notionhq/client/LICENSE "$here/LICENSE"
