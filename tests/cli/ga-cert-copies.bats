#!/usr/bin/env bats
# An authority in one file, brought back, and what is said when its ledger is lost.

bats_require_minimum_version 1.5.0

setup() {
  DIR=$BATS_TEST_TMPDIR
  LAB=$DIR/lab
  (umask 077; echo 'correct horse battery' >"$DIR/passphrase"; echo 'another one' >"$DIR/wrong")
}

cert() { "$GA_BIN/ga-cert" --dir "$LAB" --groups "$DIR/groups" "$@"; }
authority() { cert authority init lab --no-passphrase >/dev/null 2>&1; }
backup() { cert authority backup "$DIR/backup" --passphrase-file "$DIR/passphrase" "$@"; }
restore() { cert authority restore "$DIR/backup" --passphrase-file "$DIR/passphrase" "$@"; }
# signs USER: one entry more in the ledger
signs() {
  cert request --key "$DIR/$1.key" --user "$1" --out "$DIR/$1.csr" 2>/dev/null
  cert sign "$DIR/$1.csr" --out "$DIR/$1.pem" 2>/dev/null
}
entries() { wc -l <"$LAB/ledger.jsonl"; }

@test "a backup is one encrypted file for its owner, read back, that OpenSSL reads too" {
  authority
  signs bob
  run backup
  [ "$status" -eq 0 ]
  [[ $output == "wrote $DIR/backup: the authority lab with its key and ledger, up to entry 2, read back and found whole" ]]
  [ "$(stat -c %a "$DIR/backup")" = 600 ]
  run ! grep -q 'PRIVATE KEY' "$DIR/backup"
  openssl cms -decrypt -inform DER -in "$DIR/backup" -pwri_password 'correct horse battery' -out "$DIR/plain"
  grep -q '^ga-cert authority backup 1$' "$DIR/plain"
  grep -q 'PRIVATE KEY' "$DIR/plain"
  backup --json | jq -e '.schema == "ga-cert.backup/1" and .authority == "lab" and .entries == 2'
  [ "$(backup --plain | cut -f1,3)" = "$(printf 'lab\t2')" ]
}

@test "an authority that is lost comes back from its backup, and goes on" {
  authority
  signs bob
  backup
  mv "$LAB" "$DIR/was"
  run restore
  [ "$status" -eq 0 ]
  [[ $output == *"restored $LAB as of "*", up to entry 2"* ]]
  cmp "$DIR/was/ledger.jsonl" "$LAB/ledger.jsonl"
  cmp "$DIR/was/authority.key" "$LAB/authority.key"
  [ "$(stat -c %a "$LAB/authority.key")" = 600 ]
  [ "$(stat -c %a "$LAB")" = 700 ]
  signs eve
  [ "$(entries)" -eq 3 ]
}

@test "a backup brings back the files of the authority's groups where they are missing, and says how to go on" {
  authority
  mkdir -p "$DIR/groups"
  printf 'name = "lab"\nnamespace = "lab-bats"\nbootstrap = []\nauthority = """\n%s\n"""\n' "$(cat "$LAB/authority.pem")" \
    >"$DIR/groups/lab.toml"
  printf 'name = "lab-enrol"\nnamespace = "enrol-bats"\nbootstrap = []\n' >"$DIR/groups/lab-enrol.toml"
  printf 'name = "sea"\nnamespace = "sea-bats"\nbootstrap = []\n' >"$DIR/groups/sea.toml"
  backup
  cp -r "$DIR/groups" "$DIR/were"
  mv "$LAB" "$DIR/was"
  rm "$DIR/groups/lab.toml" "$DIR/groups/sea.toml"
  echo '# mine' >>"$DIR/groups/lab-enrol.toml"
  run restore
  [ "$status" -eq 0 ]
  [[ $output == *"Wrote $DIR/groups/lab.toml"*"next: ga-group close lab  # makes this machine a member again"* ]]
  cmp "$DIR/were/lab.toml" "$DIR/groups/lab.toml"
  [ "$(tail -n 1 "$DIR/groups/lab-enrol.toml")" = '# mine' ]
  # A group that is not this authority's is nobody's business.
  [ ! -e "$DIR/groups/sea.toml" ]
}

@test "a wrong passphrase and a file that was changed bring nothing back" {
  authority
  backup
  run cert authority restore "$DIR/backup" --passphrase-file "$DIR/wrong"
  [ "$status" -eq 4 ]
  [[ $output == *"$DIR/backup: the passphrase is another one, or the message was changed"* ]]
  head -c 900 "$DIR/backup" >"$DIR/short"
  run cert authority restore "$DIR/short" --passphrase-file "$DIR/passphrase"
  [ "$status" -eq 5 ]
  run cert authority restore "$DIR/missing" --passphrase-file "$DIR/passphrase"
  [ "$status" -eq 1 ]
  [ ! -e "$LAB.part" ]
}

@test "a backup needs a passphrase, and says how one is given without a terminal" {
  authority
  run setsid "$GA_BIN/ga-cert" --dir "$LAB" authority backup "$DIR/backup" </dev/null
  [ "$status" -eq 2 ]
  [[ $output == *"--passphrase-file FILE or"* ]]
  [ ! -e "$DIR/backup" ]
}

@test "a newer ledger is not replaced by a backup without --force, which keeps it" {
  authority
  backup
  signs bob
  run restore
  [ "$status" -eq 1 ]
  [[ $output == *"has all that the backup has, and more"* ]]
  [ "$(entries)" -eq 2 ]
  run restore --dry-run
  [ "$status" -eq 0 ]
  [[ $output == *"+++ $LAB/ledger.jsonl"* ]]
  run restore --force
  [ "$status" -eq 0 ]
  [ "$(entries)" -eq 1 ]
  [ "$(wc -l <"$LAB".replaced-*/ledger.jsonl)" -eq 2 ]
}

@test "a lost ledger is called lost, with the way out" {
  authority
  backup
  rm "$LAB/ledger.jsonl"
  run cert list
  [ "$status" -eq 1 ]
  [[ $output == *"$LAB has the authority's key, but its ledger (ledger.jsonl) is lost"* ]]
  [[ $output == *"next: ga-cert --dir $LAB authority restore FILE"* ]]
  [[ $output == *"next: ga-cert --dir $LAB authority resume  # if there is no backup"* ]]
  run restore
  [ "$status" -eq 0 ]
  cert list
}

@test "administrators are members, listed and ended by name or key" {
  authority
  run cert admin add bob
  [ "$status" -eq 1 ]
  signs bob
  run cert admin add bob
  [ "$status" -eq 0 ]
  [[ $output == *"next: on the administrator's machine: ga-cert list --remote"* ]]
  cert admin list --json | jq -e '.schema == "ga-cert.administrators/1" and .administrators[0].user == "bob"'
  key=$(cert admin list --plain | cut -f1)
  run cert admin add bob
  [ "$status" -eq 1 ]
  cert admin remove "${key:0:16}"
  [ -z "$(cert admin list --plain 2>/dev/null)" ]
  [ "$(cert list --decisions --plain | cut -f2 | tail -n 2 | tr '\n' ' ')" = "administrator administrator-ended " ]
}

@test "the server's own certificate is nobody's in the list of decisions" {
  authority
  run ! grep -q "lab authority" <(cert list --decisions --plain)
}
