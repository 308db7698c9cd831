#!/usr/bin/env bash
# Makes the pictures of docs/images anew: each page of the dashboard in both themes, with the data of the sandbox.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build tests/Interop.Browser.Tests -v quiet -nologo
SCREENSHOTS="$PWD/docs/images" dotnet test tests/Interop.Browser.Tests --no-build --nologo --filter FullyQualifiedName~ScreenshotTests
