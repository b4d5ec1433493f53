#!/usr/bin/env bash
# A closed group goes on in a new namespace, without eve: those who were chosen find each other there, and she learns
# nothing. Then it goes on under a new authority.
#
#   relay (public)   alice (keeps the authority), bob, eve: behind NATs of their own
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
[[ -x $bin/ga-cert ]] || skip "no ga-cert in $bin"

cert() { "$bin/ga-cert" --dir "$run/authority" "$@"; }
# group HOST ARGUMENT...: ga-group as the administrator of the host types it
group() {
  local host=$1
  shift
  in_host "$host" "$bin/ga-group" --dir "$run/$host/etc" --socket "$run/$host/socket" "$@"
}
accepts() { group "$1" accept "$2" --state-dir "$run/$1/state" --timeout 60s; } # HOST FILE
of() { ctl "$1" status --json | jq -r "$2"; }                                   # HOST FIELD
# bring_up_member HOST OPTION...: with a group file, a key and a certificate of its own
bring_up_member() {
  local host=$1
  shift
  mkdir -p "$run/$host/etc" "$run/$host/state"
  cp "$run/lab.toml" "$run/$host/etc/lab.toml"
  cert request --key "$run/$host/state/key.pem" --user "$host" --out "$run/$host/request.pem" >/dev/null 2>&1 &&
    cert sign "$run/$host/request.pem" --out "$run/$host/state/certificate.pem" >/dev/null 2>&1
  in_host "$host" "$bin/ipop-node" --group "$run/$host/etc/lab.toml" --state-dir "$run/$host/state" \
    --socket "$run/$host/socket" --port "$overlay_port" --hostname "$host" "$@" >>"$run/$host/node.log" 2>&1 </dev/null &
  disown
}
has_no_link_to() { ! ctl "$1" peers --json | grep -q "$2"; }

make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 cone
make_site dorm 192.168.3 cone
make_host alice home
make_host bob lab
make_host eve dorm

holds "an authority" cert authority init lab --no-passphrase
cat >"$run/lab.toml" <<GROUP
name = "lab"
namespace = "closed-$internet"
bootstrap = ["${public_of[relay]}:$overlay_port"]
authority = """
$(<"$run/authority/authority.pem")
"""
GROUP
bring_up_member relay --no-tap
for host in alice bob eve; do bring_up_member "$host" --tap tap0; done
for host in alice bob eve; do
  within 40 "$host holds a lease" ctl "$host" wait lease --timeout 2s
  start_client "$host"
done
within 20 "alice pings eve" pings alice eve 1
eve_id=$(of eve .id) old=closed-$internet process=$(node_process bob)

# --- a new namespace ------------------------------------------------------------------------------------------
output=$(group alice rotate lab --signer "$run/authority" --all-except eve --dry-run)
is "the dry run names who is left behind" "eve" "$(awk -F'\t' '$1 == "left behind" { print $2 }' <<<"$output")"
is "and changes nothing" "$old" "$(of alice .namespace)"
group alice rotate lab --signer "$run/authority" --all-except eve --state-dir "$run/alice/state" \
  --out "$run/handover" >"$run/alice/rotate.out" 2>"$run/alice/rotate.log"
status=$?
is "alice rotates the group" 0 "$status"
((status == 0)) || sed 's/^/# /' "$run/alice/rotate.log"
new=$(of alice .namespace)
holds "her node is in another namespace" test "$new" != "$old"
holds "she is told that eve still has a certificate" grep -q 'ga-cert revoke' "$run/alice/rotate.log"
for host in relay bob; do
  holds "$host accepts the hand-over" accepts "$host" "$run/handover"
  is "$host is in the new namespace" "$new" "$(of "$host" .namespace)"
done
is "bob's node is the same process" "$process" "$(node_process bob)"
holds "bob's old file is kept" grep -q "^namespace = \"$old\"" "$run/bob/etc/lab.toml.old"
within 30 "alice pings bob in the new namespace" pings alice bob 1
within 30 "bob pings alice" pings bob alice 1

# --- who was left behind --------------------------------------------------------------------------------------
output=$(accepts eve "$run/handover" 2>&1)
is "the hand-over is not for eve" 1 $?
holds "which says so" grep -q 'not for this key' <<<"$output"
is "her file stays" "$(<"$run/lab.toml")" "$(<"$run/eve/etc/lab.toml")"
# What everybody can do with the file: see by whom it is, and nothing of what it says.
holds "openssl verifies whose the file is" openssl cms -verify -in "$run/handover" -inform PEM -binary \
  -CAfile "$run/authority/authority.pem" -purpose any -out "$run/envelope"
holds "openssl opens it with bob's key" openssl cms -decrypt -in "$run/envelope" -inform DER -binary \
  -inkey "$run/bob/state/key.pem" -out "$run/opened"
holds "and finds the token of the group" grep -q '^token ga1-' "$run/opened"
holds "with eve's key it does not" bash -c "! openssl cms -decrypt -in '$run/envelope' -inform DER -binary \
  -inkey '$run/eve/state/key.pem' -out '$run/leaked' 2>/dev/null || ! grep -q ga1- '$run/leaked'"
holds "the namespace is not in it" bash -c "! grep -qaF '$new' '$run/envelope'"
is "eve is where she was" "$old" "$(of eve .namespace)"
for host in relay alice bob; do
  within 20 "$host has no link to eve" has_no_link_to "$host" "$eve_id"
done
target=$(virtual_address eve)
in_host alice ping -q -c 3 -i 0.3 -W 1 "$target" >/dev/null 2>&1
is "alice reaches her no longer" 1 $?
sed '/^-----BEGIN/,$s/A/B/' "$run/handover" >"$run/forged"
output=$(accepts bob "$run/forged" 2>&1)
is "a changed hand-over: bad file" 5 $?

# --- a new authority ------------------------------------------------------------------------------------------
holds "another authority" "$bin/ga-cert" --dir "$run/second" authority init lab --no-passphrase
before=$(of bob .address)
group alice rotate lab --signer "$run/authority" --authority "$run/second/authority.pem" --member alice --member bob \
  --member relay --state-dir "$run/alice/state" --out "$run/handover2" >"$run/alice/rotate2.out" 2>"$run/alice/rotate2.log"
status=$?
is "alice rotates the group to it" 0 "$status"
((status == 0)) || sed 's/^/# /' "$run/alice/rotate2.log"
for host in relay bob; do holds "$host accepts the second hand-over" accepts "$host" "$run/handover2"; done
holds "bob has a certificate of the new authority" openssl verify -CAfile "$run/second/authority.pem" \
  "$run/bob/state/certificate.pem"
within 30 "alice pings bob under the new authority" pings alice bob 1
is "bob's address is asked for again" "$before" "$(of bob .address)"
output=$(accepts bob "$run/handover" 2>&1)
is "an earlier hand-over leads nowhere" 5 $?
finish
