#!/usr/bin/env bats
# S12: archives and layers that somebody made to do harm. Each is refused with one line, and nothing of it is left, in
# the store or elsewhere.

load layers.bash
setup() { layer_setup; }
teardown() { layer_teardown; }

# What there is, where something could have been left: the test's own directory and what hostile paths name.
everything() {
  find "$DIR" -path "$DIR/said" -prune -o -printf '%p %y %m %U %s %l\n' | sort
  ls -d /tmp/f /dev/shm/f /x /f /tmp/extra 2>/dev/null || true
}
# refused FILE [OPTION...]: with one line, status 1, and all is as before.
refused() {
  local before after status=0
  before=$(everything)
  timeout 60 "$GA_BIN/ga-layer" --store "$STORE" --trust "$DIR/trust" import "$@" >"$DIR/said" 2>&1 || status=$?
  after=$(everything)
  if [[ $status != 1 || $(wc -l <"$DIR/said") != 1 || $before != "$after" ]]; then
    echo "$1: status $status"
    cat "$DIR/said"
    diff <(echo "$before") <(echo "$after")
    return 1
  fi
}

@test "S12: a hostile archive or list is refused, whatever is wrong with it, and nothing of it is left" {
  mkdir "$DIR/homes"
  python3 "$BATS_TEST_DIRNAME/hostile_homes.py" "$DIR/homes"
  layer import "$DIR/homes/good.manifest" --unsigned
  [ "$(cat "$STORE/home/up/d/f")" = abc ]
  count=0
  for list in "$DIR"/homes/*; do
    name=$(basename "${list%.*}")
    name=${name%.tar}
    [[ $name != good && $name != "${last-}" ]] || continue
    last=$name
    refused "$DIR/homes/$name.manifest" --unsigned
    count=$((count + 1))
  done
  echo "# $count hostile homes" >&3
  [ "$count" -ge 80 ]
  [ "$(cat "$STORE/home/up/d/f")" = abc ]
}

@test "S12: an archive that unpacks to 200 times its size is a bomb" {
  mkdir -p "$STORE/home/up"
  head -c 200M /dev/zero >"$STORE/home/up/zeros"
  layer export home "$DIR/bomb.tar.zst"
  [ "$(stat -c %s "$DIR/bomb.tar.zst")" -lt 100000 ]
  rm "$STORE/home/up/zeros"
  refused "$DIR/bomb.tar.zst" --unsigned
  grep -q "200 times its size" "$DIR/said"
}

@test "S12: a home larger than the limit is refused before it is unpacked" {
  mkdir -p "$STORE/home/up"
  head -c 3M /dev/urandom >"$STORE/home/up/large"
  layer export home "$DIR/large.tar.zst"
  refused "$DIR/large.tar.zst" --unsigned --limit 2M
  layer import "$DIR/large.tar.zst" --unsigned --limit 3M
}

@test "S12: attributes and owners that only the archive names are not set" {
  mkdir "$DIR/homes"
  python3 "$BATS_TEST_DIRNAME/hostile_homes.py" "$DIR/homes"
  python3 - "$DIR/homes" <<'END'
import hashlib, io, sys, tarfile
out = io.BytesIO()
with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
    for name, kind, link, data in [("d", tarfile.DIRTYPE, "", b""), ("d/f", tarfile.REGTYPE, "", b"abc"),
                                   ("s", tarfile.SYMTYPE, "d/f", b"")]:
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.size, info.mode, info.uid = kind, link, len(data), 0o6777, 1234
        info.pax_headers = {"SCHILY.xattr.user.evil": "x", "SCHILY.xattr.security.capability": "\1\0\0\2"}
        tar.addfile(info, io.BytesIO(data))
octets = out.getvalue()
open(sys.argv[1] + "/more.tar.zst", "wb").write(octets)
good = open(sys.argv[1] + "/good.manifest").read().split("\n")
good[5] = f"payload {len(octets)} {hashlib.sha256(octets).hexdigest()}"
open(sys.argv[1] + "/more.manifest", "w").write("\n".join(good))
END
  layer import "$DIR/homes/more.tar.zst" --unsigned
  [ "$(stat -c %a "$STORE/home/up/d/f")" = 644 ]
  [ "$(stat -c %u "$STORE/home/up/d/f")" = "$EUID" ]
  [ -z "$(getfattr -R -h -d -m - "$STORE/home/up" 2>/dev/null | grep -v overlay)" ]
}

# layer_of NAME SIGNER [OPTION...]: a module in $DIR/out, made elsewhere.
layer_of() {
  local name=$1 by=$2
  mkdir -p "$DIR/$name.d"
  echo "$name" >"$DIR/$name.d/file"
  "$GA_BIN/ga-layer" --store "$DIR/elsewhere" release "$name" --tree "$DIR/$name.d" --to "$DIR/out" \
    --key "$DIR/$by.key" --certificate "$DIR/$by.pem" "${@:3}" 2>/dev/null
}

@test "S12: a layer that is not signed, or by somebody else, or was changed, is refused" {
  signer stranger
  layer_of tools site
  cp -r "$DIR/out" "$DIR/kept"
  grep -vE '^(signer|signature) ' "$DIR/kept/tools-1.manifest" >"$DIR/out/tools-1.manifest"
  refused "$DIR/out/tools-1.squashfs"
  refused "$DIR/out/tools-1.squashfs" --unsigned
  layer_of tools stranger
  refused "$DIR/out/tools-1.squashfs"
  # The stranger signs with his key and shows the site's certificate.
  sed -E "s|^signer .*|$(grep '^signer ' "$DIR/kept/tools-1.manifest")|" "$DIR/out/tools-1.manifest" >"$DIR/mixed"
  mv "$DIR/mixed" "$DIR/out/tools-1.manifest"
  refused "$DIR/out/tools-1.squashfs"
  # The list, the number or the image is another one than was signed.
  sed 's/^number 1/number 2/' "$DIR/kept/tools-1.manifest" >"$DIR/out/tools-1.manifest"
  refused "$DIR/out/tools-1.manifest"
  cp "$DIR/kept/tools-1.manifest" "$DIR/out/"
  cp "$DIR/kept/tools-1.squashfs" "$DIR/out/"
  printf x | dd of="$DIR/out/tools-1.squashfs" bs=1 seek=200 conv=notrunc 2>/dev/null
  refused "$DIR/out/tools-1.squashfs"
  truncate -s -1 "$DIR/out/tools-1.squashfs"
  refused "$DIR/out/tools-1.squashfs"
  truncate -s 1G "$DIR/out/tools-1.squashfs"
  refused "$DIR/out/tools-1.squashfs"
  cp "$DIR/kept/tools-1.squashfs" "$DIR/out/"
  layer import "$DIR/out/tools-1.squashfs"
}

@test "S12: a signed list does not vouch for an image that holds something else" {
  # Somebody who is trusted signs, by error or not, a list of another tree.
  layer_of tools site
  mkdir "$DIR/other"
  ln -s /etc "$DIR/other/file"
  mksquashfs "$DIR/other" "$DIR/out/tools-2.squashfs" -quiet -no-progress >/dev/null
  head -c 8192 /dev/urandom >"$DIR/out/tools-3.squashfs"
  for number in 2 3; do
    image=$DIR/out/tools-$number.squashfs
    grep -vE '^(signer|signature) ' "$DIR/out/tools-1.manifest" |
      sed -E "s/^number .*/number $number/; s/^payload .*/payload $(stat -c %s "$image") $(sha256sum <"$image" | cut -c1-64)/" >"$DIR/body"
    sign_text "$DIR/body" >"$DIR/out/tools-$number.manifest"
    refused "$image"
  done
  grep -q "can't be mounted" "$DIR/said"
}

# sign_text FILE: the file with the site's signature, made by openssl.
sign_text() {
  { cat "$1"; echo "signer $(openssl x509 -in "$DIR/site.pem" -outform DER | base64 -w0)"; } >"$DIR/to-sign"
  cat "$DIR/to-sign"
  openssl dgst -sha256 -sign "$DIR/site.key" "$DIR/to-sign" | openssl asn1parse -inform DER |
    awk -F: '/INTEGER/ {value = tolower($4); while (length(value) < 64) value = "0" value; out = out value} END {print "signature " out}'
}

@test "S12: a revoked signer, an older number, the same number with other octets, and a second base are refused" {
  layer_of tools site --number 4
  layer_of tools site --number 5
  layer import "$DIR/out/tools-5.squashfs"
  refused "$DIR/out/tools-4.squashfs"
  echo more >"$DIR/tools.d/more"
  layer_of tools site --number 5
  refused "$DIR/out/tools-5.squashfs"
  layer_of debian site --base
  layer_of fedora site --base
  layer import "$DIR/out/debian-1.squashfs"
  refused "$DIR/out/fedora-1.squashfs"
}

@test "S12: a release from outside of the time of its signer's certificate is refused" {
  # openssl, not we, is told that it is ten days ago.
  faketime -f -10d openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$DIR/past.key" \
    -out "$DIR/past.pem" -days 1 -subj /CN=past 2>/dev/null
  chmod 600 "$DIR/past.key"
  cp "$DIR/past.pem" "$DIR/trust/"
  layer_of late past
  refused "$DIR/out/late-1.squashfs"
  grep -q "outside of the time" "$DIR/said"
}

@test "S12: a member whom the authority revoked signs no more, and one whom nobody chose never did" {
  cert() { "$GA_BIN/ga-cert" --dir "$DIR/lab" "$@"; }
  cert authority init lab --no-passphrase >/dev/null 2>&1
  cert request --key "$DIR/bob.key" --user bob --out "$DIR/bob.csr" 2>/dev/null
  cert sign "$DIR/bob.csr" --out "$DIR/bob.pem" 2>/dev/null
  layer_of tools bob
  cp "$DIR/lab/authority.pem" "$DIR/trust/"
  refused "$DIR/out/tools-1.squashfs"
  cp "$DIR/bob.pem" "$DIR/trust/"
  layer --dry-run import "$DIR/out/tools-1.squashfs"
  cert revoke "$DIR/bob.pem" --offline >/dev/null 2>&1
  cp "$DIR/lab/revocations.list" "$DIR/trust/lab.revocations"
  refused "$DIR/out/tools-1.squashfs"
  grep -q revoked "$DIR/said"
}
