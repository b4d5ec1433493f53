#!/usr/bin/env bash
# A closed group of real nodes: members reach one another, strangers reach nobody, and whom the authority revokes is
# out at once, while pings run and everywhere.
#
#   relay (public)   alice, bob, mallory: behind NATs of their own
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
[[ -x $bin/ga-cert ]] || skip "no ga-cert in $bin"

cert() { "$bin/ga-cert" --dir "$run/authority" --groups "$run/groups" "$@"; }
# enrol HOST USER: a key and a certificate where the host's node looks for them.
enrol() {
  mkdir -p "$run/$1/state"
  cert request --key "$run/$1/state/key.pem" --user "$2" --out "$run/$1/request.pem" >/dev/null 2>&1 &&
    cert sign "$run/$1/request.pem" --out "$run/$1/state/certificate.pem" >/dev/null 2>&1
}
of() { ctl "$1" status --json | jq -r "$2"; } # HOST FIELD
is_alone() { [[ $(of "$1" .links) == 0 ]]; }
has_list() { [[ $(of "$1" .revocation_number) == "$2" ]]; }
has_no_link_to() { ! ctl "$1" peers --json | grep -q "$2"; }
says() { grep -qF "$2" "$run/$1/node.log"; }

make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 cone
make_site dorm 192.168.3 restricted
make_host alice home
make_host bob lab
make_host mallory dorm

mkdir "$run/groups"
holds "an authority" cert authority init lab --no-passphrase
make_group relay
printf 'authority = """\n%s\n"""\n' "$(<"$run/authority/authority.pem")" >>"$run/group.toml"
for host in relay alice bob mallory; do holds "a certificate for $host" enrol "$host" "$host"; done
start_node relay --no-tap
for host in alice bob mallory; do start_node "$host" --tap tap0; done
for host in alice bob mallory; do
  within 30 "$host holds a lease" ctl "$host" wait lease --timeout 2s
  start_client "$host"
done
is "status says that the group is closed" true "$(of alice .closed)"
within 20 "alice pings bob" pings alice bob 1
within 20 "alice pings mallory" pings alice mallory 1
within 20 "mallory pings bob" pings mallory bob 1

# --- strangers ----------------------------------------------------------------------------------------------
make_host stranger home
mkdir -p "$run/stranger"
output=$(in_host stranger timeout 10 "$bin/ipop-node" --group-file "$run/group.toml" --state-dir "$run/stranger/state" \
  --socket "$run/stranger/socket" --tap tap0 2>&1 </dev/null)
is "without a certificate: not yet, and tried again by systemd" 1 $?
holds "which says what to do" grep -q 'certificate.pem: .*ga-cert join' <<<"$output"
is "in one line" 1 "$(wc -l <<<"$output")"
cp "$run/bob/state/certificate.pem" "$run/stranger/state/certificate.pem"
output=$(in_host stranger timeout 10 "$bin/ipop-node" --group-file "$run/group.toml" --state-dir "$run/stranger/state" \
  --socket "$run/stranger/socket" --tap tap0 2>&1 </dev/null)
is "with another's certificate: bad configuration" 5 $?
holds "which says why" grep -q 'another key' <<<"$output"
sed '/^authority/,$d' "$run/group.toml" >"$run/open.toml"
in_host stranger "$bin/ipop-node" --group-file "$run/open.toml" --state-dir "$run/stranger/state" \
  --socket "$run/stranger/socket" --port "$overlay_port" --tap tap0 >>"$run/stranger/node.log" 2>&1 </dev/null &
disown
within 20 "with a certificate of its own it gets no link" says stranger "no answer from any bootstrap node"
holds "and nobody has one to it" has_no_link_to relay "$(of stranger .id)"

# --- S10: revoked in mid-stream -----------------------------------------------------------------------------
target=$(virtual_address mallory) mallory_id=$(of mallory .id)
in_host alice ping -i 0.1 -w 20 "$target" >"$run/pings" 2>&1 &
stream=$!
disown
within 10 "S10: pings of mallory are answered" grep -q 'bytes from' "$run/pings"
holds "S10: the authority revokes mallory" cert --socket "$run/relay/socket" revoke --user mallory --reason "left"
for host in relay alice bob; do
  within 10 "S10: $host has the list" has_list "$host" 1
  within 10 "S10: $host has no link to mallory" has_no_link_to "$host" "$mallory_id"
done
within 10 "S10: mallory is alone" is_alone mallory
seen=$(wc -l <"$run/pings")
in_host alice ping -q -c 3 -i 0.2 -W 1 "$target" >/dev/null 2>&1
is "S10: and not reached" 1 $?
holds "S10: the stream has ended" test "$(wc -l <"$run/pings")" -le $((seen + 2))
kill "$stream" 2>/dev/null
within 10 "members still reach each other" pings alice bob 1

# --- S10: who was away ----------------------------------------------------------------------------------------
stop_node bob KILL
holds "S10: another is revoked while bob is away" cert --socket "$run/relay/socket" revoke --user nobody-else --force --reason "left"
start_node bob --tap tap0
within 20 "S10: bob learns of it with his first link" has_list bob 2
within 30 "bob holds his lease again" ctl bob wait lease --timeout 2s
holds "the list survives a restart" test -s "$run/bob/state/revocations.list"

stop_node mallory TERM
output=$(in_host mallory timeout 10 "$bin/ipop-node" --group-file "$run/group.toml" --state-dir "$run/mallory/state" \
  --socket "$run/mallory/socket" --port "$overlay_port" --tap tap0 2>&1 </dev/null)
status=$?
holds "S10: a revoked node that knows of it does not start, or stays alone" test "$status" -eq 5 -o "$status" -eq 124
finish
