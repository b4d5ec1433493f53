# shellcheck shell=bash
# within COMMAND...: waits until it succeeds. The limit is for what hangs: an idle machine needs a second or two for
# anything here, and one with ten tests a processor is slow without anything being wrong.
within() {
  local end=$((SECONDS + 120))
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || { echo "did not come true in two minutes: $*"; return 1; }
    sleep 0.05
  done
}
