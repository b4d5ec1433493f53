#!/usr/bin/env bash
# self_test.sh - each lint passes a good tree and catches a bad one, naming what is bad.
#
# Prints TAP. Exit status: 0 all do, 1 one does not.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0 status=0

# expect WANTED_STATUS WANTED_TEXT NAME COMMAND...
expect() {
  local wanted=$1 text=$2 name=$3 output got=0
  shift 3
  output=$("$@" 2>&1) || got=$?
  number=$((number + 1))
  if [[ $got == "$wanted" && $output == *"$text"* ]]; then
    echo "ok $number $name"
  else
    echo "not ok $number $name"
    printf '# exit status %s, wanted %s and "%s"\n# %s\n' "$got" "$wanted" "$text" "${output//$'\n'/$'\n# '}"
    status=1
  fi
}

mkdir -p "$work"/lib/{base,net,io}
printf 'base*:\nnet*: base\nio: base net\n' >"$work/lib/LAYERS"
printf '#include "base/a.hpp"\n#include "own.hpp"\n#include <vector>\n' >"$work/lib/net/n.cpp"
printf '#include "net/n.hpp"\n#include <asio/ip/udp.hpp>\n' >"$work/lib/io/i.cpp"
expect 0 "" "layers passes includes that LAYERS allows" "$here/layers.sh" "$work"
expect 0 "" "third_party passes a header in its place" "$here/third_party.sh" "$work"

printf '#include "io/i.hpp"\n' >"$work/lib/net/upward.hpp"
expect 1 "lib/net/upward.hpp:1: net may not include io" "layers names an include of a higher layer" "$here/layers.sh" "$work"
rm "$work/lib/net/upward.hpp"
mkdir "$work/lib/util"
expect 1 "lib/util/: not a layer" "layers names a folder that is no layer" "$here/layers.sh" "$work"
rmdir "$work/lib/util"
printf '\n#  include <openssl/evp.h>\n' >"$work/lib/base/b.hpp"
expect 1 "lib/base/b.hpp:2: <openssl/evp.h> belongs only in lib/crypto/" "third_party names a header out of its place" \
  "$here/third_party.sh" "$work"
rm "$work/lib/base/b.hpp"

compiler=$(command -v g++ || command -v clang++)
library() { # NAME < source
  "$compiler" -std=c++20 -x c++ -c - -o "$work/$1.o"
  rm -f "$work/libga_$1.a"
  ar rcs "$work/libga_$1.a" "$work/$1.o"
}
library base <<<'namespace net { int read(); int time(int); } int f() { return net::read() + net::time(1); }'
library net <<<'int g(int a) { return a + 1; }'
: >"$work/lib/base/a.cpp"
expect 0 "" "pure passes our own functions with the names of system calls" "$here/pure.sh" "$work/lib/LAYERS" "$work"
library net <<<'#include <chrono>
long g() { return std::chrono::steady_clock::now().time_since_epoch().count(); }'
expect 1 "net is pure, but" "pure names a clock" "$here/pure.sh" "$work/lib/LAYERS" "$work"
library net <<<'#include <random>
unsigned g() { return std::random_device{}(); }'
expect 1 "random_device" "pure names a source of entropy" "$here/pure.sh" "$work/lib/LAYERS" "$work"
library net <<<'#include <fstream>
bool g() { return std::ifstream("/etc/hosts").good(); }'
expect 1 "fstream" "pure names a file stream" "$here/pure.sh" "$work/lib/LAYERS" "$work"
library net <<<'#include <cstdlib>
char* g() { return std::getenv("HOME"); }'
expect 1 "getenv" "pure names the environment" "$here/pure.sh" "$work/lib/LAYERS" "$work"
library net <<<'#include <sys/socket.h>
int g() { return socket(AF_INET, SOCK_DGRAM, 0); }'
expect 1 "socket" "pure names a socket" "$here/pure.sh" "$work/lib/LAYERS" "$work"
library net <<<'extern "C" int RAND_bytes(unsigned char*, int); int g() { return RAND_bytes(nullptr, 0); }'
expect 1 "RAND_bytes" "pure names a generator that seeds itself" "$here/pure.sh" "$work/lib/LAYERS" "$work"
library net <<<'extern "C" void RAND_add(const void*, int, double); void g() { RAND_add(nullptr, 0, 0); }'
expect 0 "" "pure passes octets that are given to a generator" "$here/pure.sh" "$work/lib/LAYERS" "$work"
rm "$work/libga_base.a"
expect 2 "build first" "pure does not pass a layer that was not built" "$here/pure.sh" "$work/lib/LAYERS" "$work"

c++ -o "$work/program" -x c++ - <<<'int main() {}'
expect 0 "" "loads passes a program that needs the C library alone" "$here/loads.sh" "$work/program"
c++ -o "$work/program" -Wl,--no-as-needed -x c++ - -lcurl <<<'int main() {}'
expect 1 "program loads libcurl" "loads names another library" "$here/loads.sh" "$work/program"
expect 2 "build it first" "loads does not pass a program that is not there" "$here/loads.sh" "$work/none"

mkdir -p "$work"/tools/ga-x "$work"/{man,completions,tests/cli}
echo 'int main() {}' >"$work/tools/ga-x/main.cpp"
expect 1 "ga-x: no man page" "tools names a program without a man page" "$here/tools.sh" "$work"
printf '.Sh %s\n' NAME SYNOPSIS DESCRIPTION OPTIONS FILES 'EXIT STATUS' EXAMPLES 'SEE ALSO' >"$work/man/ga-x.8"
for file in completions/{ga-x.bash,_ga-x,ga-x.fish} tests/cli/ga-x.bats NEWS; do echo "ga-x" >"$work/$file"; done
expect 0 "" "tools passes a program that has everything" "$here/tools.sh" "$work"
rm "$work/completions/_ga-x"
expect 1 "completions/_ga-x" "tools names a missing completion" "$here/tools.sh" "$work"

echo 'void f() { cli::JsonWriter json("ga-x.show/1"); json.field("size", 1); }' >"$work/tools/ga-x/show.cpp"
expect 1 "no field size" "schemas names a field that no manual has" "$here/schemas.sh" "$work"
expect 1 "no schema ga-x.show/1" "schemas names a schema that no manual has" "$here/schemas.sh" "$work"
echo 'ga\-x.show/1: size' >>"$work/man/ga-x.8"
expect 0 "" "schemas passes what stands in the manual" "$here/schemas.sh" "$work"
sed -i 's/ga-x.show/ga-y.show/' "$work/tools/ga-x/show.cpp"
expect 1 "is not called ga-x.VERB/NUMBER" "schemas names a schema that is called otherwise" "$here/schemas.sh" "$work"
rm "$work/tools/ga-x/show.cpp"

mkdir -p "$work/docs"
printf '# Top\n[a](docs/a.md)\n' >"$work/README.md"
echo '[up](../README.md#top), [out](https://example.org)' >"$work/docs/a.md"
printf '.BR ga\\-x (8)\n' >"$work/man/ga.7"
expect 0 "" "pages passes a tree whose pages are linked" "$here/pages.sh" "$work"
echo '[gone](gone.md)' >"$work/docs/b.md"
expect 1 "no link to docs/b.md" "pages names a page that nothing links" "$here/pages.sh" "$work"
expect 1 "gone.md leads nowhere" "pages names a link that leads nowhere" "$here/pages.sh" "$work"
rm "$work/docs/b.md"
mkdir -p "$work/scripts"
echo 'go --fast' >"$work/scripts/go"
echo 'Run `scripts/go --fast`, or `scripts/{go,stop}`; see `halt()`, `--slow` and `go()`.' >>"$work/docs/a.md"
expect 1 "docs/a.md: there is no scripts/stop" "pages names a file that is not there" "$here/pages.sh" "$work"
expect 1 "docs/a.md: there is no halt()" "pages names a function that is not there" "$here/pages.sh" "$work"
expect 1 "docs/a.md: there is no option --slow" "pages names an option that is not there" "$here/pages.sh" "$work"
echo '.B --fast' >"$work/man/ga-go.1"
printf '%s\n' '`ga-go --fast`, `Town::gate` and `sha9()`, [here](#nowhere)' '```' '# ga-go --slow-down | sort --fast' '```' >"$work/docs/a.md"
expect 1 "docs/a.md: ga-go has no option --slow-down" "pages names an option of a block that its program has not" \
  "$here/pages.sh" "$work"
expect 1 "docs/a.md: there is no gate" "pages names a member that is not there" "$here/pages.sh" "$work"
expect 1 "docs/a.md: there is no sha9()" "pages names a function with a digit" "$here/pages.sh" "$work"
expect 1 "docs/a.md has no heading #nowhere" "pages names a heading that is not there" "$here/pages.sh" "$work"
rm "$work/man/ga-go.1"
echo 'Run `scripts/go --fast`; see `go()`.' >"$work/docs/a.md"
expect 0 "" "pages passes what is there" "$here/pages.sh" "$work"
rm -r "$work/scripts" "$work/man/ga.7" "$work/README.md" "$work/docs/a.md"

mkdir -p "$work/uncalled/lib/net" "$work/uncalled/tests/lint"
echo 'int asked(int question);' >"$work/uncalled/lib/net/a.hpp"
printf 'int asked(int question) {\n  return question;\n}\nint start() {\n  return 1 + asked(2);\n}\n' >"$work/uncalled/lib/net/a.cpp"
expect 0 "" "uncalled passes a function that is called" "$here/uncalled.sh" "$work/uncalled"
echo '[[nodiscard]] std::vector<int> forgotten(int one);  // forgotten()' >>"$work/uncalled/lib/net/a.hpp"
expect 1 "lib/net/a.hpp:2: nobody calls forgotten()" "uncalled names a function that nobody calls" \
  "$here/uncalled.sh" "$work/uncalled"
cp "$work/uncalled/lib/net/a.cpp" "$work/a.cpp"
printf 'struct Other {\n  bool forgotten = false;\n  bool forgotten;\n};\nint field(Other it) {\n  return it.forgotten;\n}\n' \
  >>"$work/uncalled/lib/net/a.cpp"
expect 1 "nobody calls forgotten()" "uncalled takes no field of that name for a call" \
  "$here/uncalled.sh" "$work/uncalled"
for use in 'sort(all, forgotten);' 'sort(all, &A::forgotten);' 'return is_old ? forgotten : asked;' 'it.forgotten<2>();' \
  '{"word", forgotten},'; do
  { cat "$work/a.cpp" && printf '  %s\n' "$use"; } >"$work/uncalled/lib/net/a.cpp"
  expect 0 "" "uncalled passes $use" "$here/uncalled.sh" "$work/uncalled"
done
cp "$work/a.cpp" "$work/uncalled/lib/net/a.cpp"
printf 'forgotten\ttests ask\n' >"$work/uncalled/tests/lint/uncalled.txt"
expect 0 "" "uncalled passes one that has a reason" "$here/uncalled.sh" "$work/uncalled"
printf 'asked\ttests ask\ngone\ttests ask\n' >>"$work/uncalled/tests/lint/uncalled.txt"
expect 1 "asked() is called" "uncalled names a reason that is none" "$here/uncalled.sh" "$work/uncalled"
expect 1 "there is no gone()" "uncalled names a reason for what is not there" "$here/uncalled.sh" "$work/uncalled"

mkdir -p "$work/sizes/lib/net" "$work/sizes/tests/lint"
{
  printf 'namespace net {\nclass Large {\n public:\n  Large() = default;\n  int first(int a) const { return a(1); }\n'
  printf '  std::function<void(int)> told_{};\n  using Told = std::function<void(int)>;\n  int second(int);\n};\n}\n'
} >"$work/sizes/lib/net/large.hpp"
printf 'int Large::second(int a) {\n  if (a) {\n    return 1;\n  }\n  return 0;\n}\nint other() {\n  return 1;\n}\n' \
  >"$work/sizes/lib/net/large.cpp"
expect 0 $'lib/net\tLarge\t3\t14' "class_sizes counts functions and lines over all files of a class" \
  "$here/class_sizes.sh" "$work/sizes" --table
expect 0 "" "class_sizes passes a small class" "$here/class_sizes.sh" "$work/sizes"
for ((i = 0; i < 595; ++i)); do echo '  // a line'; done | sed -i '2r /dev/stdin' "$work/sizes/lib/net/large.hpp"
expect 1 "lib/net/Large: 3 functions, 609 lines: more than 60 or 600" "class_sizes names a class of many lines" \
  "$here/class_sizes.sh" "$work/sizes"
printf 'lib/net/Large\t3\t609\n' >"$work/sizes/tests/lint/class_sizes.txt"
expect 0 "" "class_sizes passes a class that is known to be large" "$here/class_sizes.sh" "$work/sizes"
printf 'int Large::first(int a) {\n}\n' >>"$work/sizes/lib/net/large.cpp"
expect 1 "611 lines: more than 3 or 609" "class_sizes names one that has grown" "$here/class_sizes.sh" "$work/sizes"
sed -i '/a line/d' "$work/sizes/lib/net/large.hpp"
expect 1 "class_sizes.txt: lib/net/Large is no larger than others" "class_sizes names one that is large no more" \
  "$here/class_sizes.sh" "$work/sizes"
for ((i = 0; i < 60; ++i)); do echo "  int more_$i();"; done | sed -i '3r /dev/stdin' "$work/sizes/lib/net/large.hpp"
: >"$work/sizes/tests/lint/class_sizes.txt"
expect 1 "lib/net/Large: 63 functions" "class_sizes names a class of many functions" "$here/class_sizes.sh" "$work/sizes"
printf 'lib/net/Large\t63\t99\nlib/net/Gone\t70\t700\n' >"$work/sizes/tests/lint/class_sizes.txt"
expect 1 "there is no lib/net/Gone" "class_sizes names a class that is not there" "$here/class_sizes.sh" "$work/sizes"

mkdir -p "$work/tests/lint"
printf 'is over\tTimed out\n' >"$work/tests/lint/phrases.txt"
echo 'The time is up.' >"$work/docs/time.md"
expect 0 "" "phrases passes plain words" "$here/phrases.sh" "$work"
echo 'The time is over.' >"$work/docs/time.md"
expect 1 'docs/time.md:1: "The time is over.": write "Timed out"' "phrases names a phrase and the better words" \
  "$here/phrases.sh" "$work"
rm "$work/docs/time.md" "$work/tests/lint/phrases.txt"

mkdir -p "$work"/{tools/ga-a,tests/netns,completions,tests/cli}
printf 'cli::suggest(streams, "ga-a " + verb + " now");\n' >"$work/tools/ga-a/a.cpp"
printf 'tools/ga-a/a.cpp\tga-a * now\twalker\n' >"$work/tests/netns/next_table.txt"
echo 'holds_rows walker' >"$work/tests/netns/walker.sh"
expect 0 "1 walked" "next_lines passes a line that has its row" "$here/next_lines.sh" "$work"
printf 'cli::suggest(streams, "ga-a later");\n' >>"$work/tools/ga-a/a.cpp"
expect 1 'no row in tests/netns/next_table.txt for "ga-a later"' "next_lines names a line without a row" \
  "$here/next_lines.sh" "$work"
printf 'tools/ga-a/a.cpp\tga-a later\t-\n' >>"$work/tests/netns/next_table.txt"
expect 1 "has no reason" "next_lines wants a reason where a person has to follow" "$here/next_lines.sh" "$work"
rm "$work"/tests/netns/{next_table.txt,walker.sh}

echo "complete -c ga-a -n 'not __fish_seen_subcommand_from go' -a go -d 'Goes'" >"$work/completions/ga-a.fish"
echo '@test "it went" {' >"$work/tests/cli/a.bats"
printf 'ga-a go\tga-a later\ttests/cli/a.bats\tit went\n' >"$work/tests/lint/success.txt"
expect 0 "" "success passes a command whose words are looked at" "$here/success.sh" "$work"
printf 'ga-a go\tgone\ttests/cli/a.bats\tit came\n' >"$work/tests/lint/success.txt"
expect 1 'no test "it came"' "success names a test that is not there" "$here/success.sh" "$work"
expect 1 'prints nothing like "gone"' "success names words that nobody prints" "$here/success.sh" "$work"
: >"$work/tests/lint/success.txt"
expect 1 'no row for "ga-a go"' "success names a command without a row" "$here/success.sh" "$work"
rm -r "$work"/completions "$work/tests/cli/a.bats" "$work/tools/ga-a/a.cpp" "$work/tests/lint/success.txt"

echo '| S4 | a | b | `tests/four` |' >"$work/docs/threats.md"
echo 'TEST_CASE("S4: again")' >"$work/tests/four"
expect 0 "" "threats passes a test with its number" "$here/threats.sh" "$work"
echo 'TEST_CASE("S44: again")' >"$work/tests/four"
expect 1 "tests/four has no test with S4" "threats names a file without the number" "$here/threats.sh" "$work"

mkdir -p "$work/tools/ga-a"
printf 'complain("there is no key.pem in /var/lib/ipop");\n' >"$work/tools/ga-a/a.cpp"
expect 0 "" "group_files passes a name in a text for people" "$here/group_files.sh" "$work"
for bad in 'state + "/key.pem"' 'open(path + ".open")' 'groups + "/" + name + ".toml"' 'dir = "/etc/ipop";' \
  '"/var/lib/ipop/" + group' 'dir + "/authority.pem"' 'dir + "/ledger.jsonl: "' 'name == "policy.toml"'; do
  printf '%s\n' "$bad" >"$work/tools/ga-a/a.cpp"
  expect 1 "tools/ga-a/a.cpp:1:" "group_files names: $bad" "$here/group_files.sh" "$work"
done
rm "$work/tools/ga-a/a.cpp"

printf 'until grep -q up log; do\n  sleep 0.1\ndone\nfor _ in {1..9}; do true && break; sleep 0.1; done\nserver && sleep 60 &\n' \
  >"$work/tests/cli/waits.bats"
expect 0 "" "sleeps passes loops that ask, and what sleeps in the background" "$here/sleeps.sh" "$work"
for bad in 'sleep 1' 'stop && sleep 0.5' 'for host in a b; do start "$host"; sleep 2; done' 'sleep "0.0$RANDOM"'; do
  printf '%s\n' "$bad" >"$work/tests/cli/sleeps.bats"
  expect 1 "tests/cli/sleeps.bats:1: waits for a fixed time" "sleeps names: $bad" "$here/sleeps.sh" "$work"
done
rm "$work/tests/cli/sleeps.bats"
mkdir -p "$work/tests/unit"
echo 'void f() { std::this_thread::sleep_for(1s); }' >"$work/tests/unit/n_test.cpp"
expect 1 "tests/unit/n_test.cpp:1: waits for a fixed time" "sleeps names a C++ test that sleeps" "$here/sleeps.sh" "$work"
rm "$work/tests/unit/n_test.cpp"

if command -v shellcheck >/dev/null; then
  printf '#!/bin/sh\nrm $1\n' >"$work/bad.sh"
  expect 1 "SC2086" "shell names a finding" "$here/shell.sh" "$work"
fi
echo "1..$number"
exit "$status"
