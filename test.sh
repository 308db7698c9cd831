#!/usr/bin/env bash
# One command: installs what the tests need and is missing, builds, runs every test, and ends with one line of totals.
# The tests of the engine, of the grains and of the cluster run a second time on Microsoft Orleans, where its packages can be restored;
# TEST_ENGINES=Local leaves that out.
# Arguments go to every test assembly (for instance: ./test.sh --filter FullyQualifiedName~Watermark).
# TEST_JOBS is the number of assemblies that run at once (2): most tests wait for servers and processes, so two fill two cores.
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

has_postgres() { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1; }
has_chromium() { command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; }

install_missing() {
  local missing=()
  has_postgres || missing+=(postgresql)
  # Only the browser tests need it.
  [ ! -d tests/Interop.Browser.Tests ] || has_chromium || missing+=(chromium)
  [ ${#missing[@]} -eq 0 ] && return
  echo "Installing ${missing[*]} (the tests use real servers) ..."
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "test.sh: needs ${missing[*]}, and there is no apt-get here: install it by hand" >&2
    exit 2
  fi
  local sudo=""
  [ "$(id -u)" -eq 0 ] || sudo=sudo
  # The tests start servers of their own, so Debian's default cluster is not wanted.
  $sudo mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' | $sudo tee /etc/postgresql-common/createcluster.conf >/dev/null
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The longest first, so that none of them runs alone at the end.
assemblies() {
  local first=(Interop.Api.Tests Interop.Grains.Tests Interop.Storage.Tests Interop.Browser.Tests) all name
  all=$(ls -d tests/*.Tests engine/*.Tests | xargs -n 1 basename)
  for name in "${first[@]}" $(printf '%s\n' $all | grep -vxF "$(printf '%s\n' "${first[@]}")"); do
    dll="artifacts/${Engine:-Local}/bin/$name/debug/$name.dll"
    [ ! -e "$dll" ] || echo "$dll"
  done
}

# What runs on either engine. Of the API's tests only those of clusters: the others start servers of the embedded engine.
orleans_assemblies() {
  local name
  for name in Interop.Api.Tests Interop.Grains.Tests Orleans.Local.Tests; do
    echo "artifacts/Orleans/bin/$name/debug/$name.dll"
  done
}

install_missing
dotnet build Interop.sln -v quiet -nologo

orleans=no
if [ "${TEST_ENGINES:-both}" != Local ]; then
  if dotnet restore Interop.sln -p:Engine=Orleans -v quiet -nologo >/dev/null 2>&1; then
    orleans=yes
    dotnet build Interop.sln -p:Engine=Orleans -v quiet -nologo
  else
    echo "test.sh: the packages of Microsoft Orleans cannot be restored here, so nothing runs on it" >&2
  fi
fi

# A shell that was started in the background ignores SIGINT and so would all its children, but tests send it (Ctrl-C).
default_signals=()
if env --default-signal=INT true 2>/dev/null; then default_signals=(env --default-signal=INT); fi

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
export logs
run_one() {
  local dll=$1 status=0 log i
  shift
  if [[ $dll == artifacts/Orleans/*/Interop.Api.Tests.dll ]]; then
    local args=("$@") filter="FullyQualifiedName~Api.Tests.Cluster"
    for i in "${!args[@]}"; do
      [ "${args[$i]}" != --filter ] || { filter="(${args[$((i + 1))]})&$filter" && unset "args[$i]" "args[$((i + 1))]"; }
    done
    set -- "${args[@]}" --filter "$filter"
  fi
  log="$logs/$(echo "$dll" | cut -d/ -f2).$(basename "$dll").log"
  dotnet test "$dll" --nologo "$@" >"$log" 2>&1 || status=$?
  cat "$log"
  return $status
}
export -f run_one
status=0
{
  assemblies
  [ $orleans = no ] || orleans_assemblies
} | "${default_signals[@]}" xargs -P "${TEST_JOBS:-2}" -I '{}' bash -c 'run_one "$@"' run_one '{}' "$@" || status=1

# "Passed!  - Failed:     0, Passed:    12, Skipped:     1, Total:    13, Duration: ..." once per assembly
totals=$(cat "$logs"/*.log | sed -nE 's/.*Failed: +([0-9]+), Passed: +([0-9]+), Skipped: +([0-9]+),.*/\1 \2 \3/p' |
  awk '{ failed += $1; passed += $2; skipped += $3 } END { printf "%d passed, %d failed, %d skipped", passed, failed, skipped }')
case "$totals" in
  0\ passed*) echo "test.sh: no test ran" >&2; status=1 ;;
esac
# A failure must be found at the end, not somewhere above.
grep -hE '^ +Failed ' "$logs"/*.log || true
echo "$totals"
exit $status
