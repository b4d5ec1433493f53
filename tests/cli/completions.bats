#!/usr/bin/env bats
# What bash, zsh and fish offer, asked of the shells themselves: groups, members, requests, certificates and authorities
# where these are meant, and no files of the folder that one stands in.

bats_require_minimum_version 1.5.0
load nodes

setup() {
  [ "$EUID" -eq 0 ] || skip "needs root to show the shells other folders in /etc and /var"
  unshare --mount true 2>/dev/null || skip "no mount namespaces here"
  make_group
  mkdir -p "$DIR/etc" "$DIR/authority" "$DIR/run" "$DIR/here"
  touch "$DIR/here/a-file"
  cp "$DIR/lab.toml" "$DIR/etc/lab.toml"
  sed 's/"lab"/"sea"/' "$DIR/lab.toml" >"$DIR/etc/sea.toml"
  "$GA_BIN/ga-cert" --dir "$DIR/authority/lab" authority init lab --no-passphrase >/dev/null 2>&1
  for name in bob carol; do
    "$GA_BIN/ga-cert" request --key "$DIR/$name.key" --user "$name" --out "$DIR/$name.csr" 2>/dev/null
    "$GA_BIN/ga-cert" --dir "$DIR/authority/lab" submit "$DIR/$name.csr" 2>/dev/null
  done
  "$GA_BIN/ga-cert" --dir "$DIR/authority/lab" accept carol >/dev/null 2>&1
  # What nodes of the groups would say of their members (ipop-ctl(8), COLUMNS).
  mkdir "$DIR/bin"
  touch "$DIR/run/lab.sock" "$DIR/run/sea.sock"
  cat >"$DIR/bin/ipop-ctl" <<'NODES'
#!/bin/sh
case "$*" in
  '--socket /run/ipop/lab.sock members --plain') printf 'id1\t10.128.0.7\talice.ipop\tnone\n' ;;
  '--socket /run/ipop/sea.sock members --plain') printf 'id2\t10.64.0.7\tbob.sea\tnone\n' ;;
  *) exit 3 ;;
esac
NODES
  chmod +x "$DIR/bin/ipop-ctl"
}

# offered SHELL LINE: a word a line
offered() {
  GA_BIN=$GA_BIN GA_SOURCE=$GA_SOURCE unshare --mount bash -c '
    set -e
    mkdir -p /etc/ipop /var/lib/ga/authority /run/ipop
    mount --bind "$1/etc" /etc/ipop
    mount --bind "$1/authority" /var/lib/ga/authority
    mount --bind "$1/run" /run/ipop
    cd "$1/here"
    export PATH=$1/bin:$GA_BIN:$PATH HOME=$1 TERM=dumb
    exec "$2" "$3" "$GA_SOURCE/completions" "$4" "$1"' - "$DIR" "${ASK[@]}" "$1"
}
of() { # SHELL LINE
  case $1 in
    bash) ASK=(bash "$GA_SOURCE/tests/cli/complete.bash") ;;
    zsh) ASK=(zsh "$GA_SOURCE/tests/cli/complete.zsh") ;;
    fish) ASK=(fish "$GA_SOURCE/tests/cli/complete.fish") ;;
  esac
  offered "$2"
}
# offers SHELL LINE WORD...: these, and no file
offers() {
  local shell=$1 line=$2 said word
  shift 2
  said=$(of "$shell" "$line" | cut -f 1 | sed 's/ *$//')
  for word; do
    grep -qxF -- "$word" <<<"$said" || { echo "$shell: \"$line\" does not offer $word, but: ${said//$'\n'/ }"; return 1; }
  done
  ! grep -q a-file <<<"$said" || { echo "$shell: \"$line\" offers a file"; return 1; }
}
has() { command -v "$1" >/dev/null || skip "no $1"; }

check_all() { # SHELL
  has "$1"
  key=$("$GA_BIN/ga-cert" --dir "$DIR/authority/lab" list --plain | cut -f 1)
  serial=$("$GA_BIN/ga-cert" --dir "$DIR/authority/lab" list --certificates --plain | awk -F'\t' '$2 == "carol" {print $1}')
  offers "$1" "ga-group " new join leave list
  offers "$1" "ga-group leave " lab sea
  offers "$1" "ga-group leave --b" --back
  offers "$1" "ipop-ctl --group " lab sea
  offers "$1" "ga status --group s" sea
  offers "$1" "ga-cert --authority " lab
  offers "$1" "ga-cert accept " bob "$key"
  offers "$1" "ga-cert accept bob " "$key"
  offers "$1" "ga-cert deny b" bob
  offers "$1" "ga-cert show " bob carol
  offers "$1" "ga-cert revoke " carol "$serial"
  offers "$1" "ga-cert admin add c" carol
  offers "$1" "ga-cert list --color " auto always never
  # Members of all nodes that run here: two groups, each with a socket and members of its own.
  offers "$1" "ipop-ctl why " alice.ipop bob.sea
  offers "$1" "ipop-ctl ping a" alice.ipop
  offers "$1" "ipop-dns lookup b" bob.sea
  offers "$1" "ipop-dhcp reserve 10.128.0.7 --node a" alice.ipop
  # Where a file is meant, there are files.
  of "$1" "ga-cert verify " | grep -q a-file
}

@test "bash offers what is meant" { check_all bash; }
@test "zsh offers what is meant" { check_all zsh; }
@test "fish offers what is meant" { check_all fish; }
