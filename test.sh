#!/usr/bin/env bash
# One command: installs what the tests need and is missing, builds, runs every test, and ends with one line of totals.
# Arguments go to `dotnet test` (for instance: ./test.sh --filter FullyQualifiedName~Watermark).
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

has_postgres() { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1; }

install_missing() {
  local missing=()
  has_postgres || missing+=(postgresql)
  [ ${#missing[@]} -eq 0 ] && return
  echo "Installing ${missing[*]} (the tests run against the real thing) ..."
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "test.sh: needs ${missing[*]}, and there is no apt-get here: install it by hand" >&2
    exit 2
  fi
  local sudo=""
  [ "$(id -u)" -eq 0 ] || sudo=sudo
  # The tests start servers of their own: Debian's default cluster would only be in the way.
  $sudo mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' | $sudo tee /etc/postgresql-common/createcluster.conf >/dev/null
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

install_missing
dotnet build Interop.sln -v quiet -nologo

results=$(mktemp)
trap 'rm -f "$results"' EXIT
status=0
# One assembly at a time: each starts servers of its own, and two cores are soon taken.
dotnet test Interop.sln --no-build -nologo -m:1 "$@" 2>&1 | tee "$results" || status=$?

# "Passed!  - Failed:     0, Passed:    12, Skipped:     1, Total:    13, Duration: ..." once per assembly
totals=$(sed -nE 's/.*Failed: +([0-9]+), Passed: +([0-9]+), Skipped: +([0-9]+),.*/\1 \2 \3/p' "$results" |
  awk '{ failed += $1; passed += $2; skipped += $3 } END { printf "%d passed, %d failed, %d skipped", passed, failed, skipped }')
case "$totals" in
  0\ passed*) echo "test.sh: no test ran" >&2; [ $status -ne 0 ] || status=1 ;;
esac
echo "$totals"
exit $status
