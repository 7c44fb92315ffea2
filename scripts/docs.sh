#!/usr/bin/env bash
# Builds the documentation as a site in target/site, with mdBook. docs/SUMMARY.md is its table of contents.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib.sh

cargo_tool mdbook 0.5.4 --debug

rm -rf var/site
mkdir -p var/site
cp -r docs var/site/src
printf '[book]\ntitle = "Injeung"\n' >var/site/book.toml
site=var/site/src

# Pages from outside docs/.
cp README.md "$site/start.md"
cp README.ko.md "$site/README.ko.md"
cp ARCHITECTURE.md "$site/architecture.md"
cp CONTRIBUTING.md "$site/contributing.md"
cp CHANGELOG.md "$site/changelog.md"
cp examples/README.md "$site/clients.md"
cp crates/domain/README.md "$site/embedding.md"
printf '# Decisions\n\nEach with its reasons and what was tried.\n' >"$site/decisions.md"
for decision in "$site"/adr/*.md; do
    printf '    - [%s](adr/%s)\n' "$(head -n 1 "$decision" | sed 's/^# //')" "${decision##*/}" >>"$site/SUMMARY.md"
done
# Their links, and those to what is not part of the site, which stay as text.
sed -i -E 's#\]\((\.\./)?docs/#](#g' "$site"/{start,README.ko,architecture,contributing,changelog,clients}.md
find "$site" -name '*.md' ! -name SUMMARY.md -exec sed -i -E \
    -e 's#\]\((\.\./)?ARCHITECTURE\.md#](architecture.md#g' \
    -e 's#\]\((\.\./)?CONTRIBUTING\.md#](contributing.md#g' \
    -e 's#\]\(README\.md#](start.md#g' \
    -e 's#\]\((\.\./)?examples/README\.md#](clients.md#g' \
    -e 's#\[([^]]*)\]\((\.\./)*(SECURITY\.md|adr\)|crates|scripts|deploy|config|migrations|examples|typescript|python)[^)]*\)#\1#g' {} +

mdbook build var/site --dest-dir "$PWD/${CARGO_TARGET_DIR:-target}/site"
