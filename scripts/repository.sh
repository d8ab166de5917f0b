#!/usr/bin/env bash
# repository.sh - lay out a signed apt repository from the packages of `make deb`, to be served by any web server.
#
#   KEY         who signs: the fingerprint of a key that gpg has (GNUPGHOME says where)
#   REPOSITORY  where it is laid out (.build/repository); packages that are there already stay, so that one can go back
#   PACKAGES    where the packages are (.build/deb)
#   URL         where it will be served; then a file for sources.list.d is written, too
#   VALID_DAYS  how long clients trust it without a new signature (for ever)
set -euo pipefail
cd "$(dirname "$0")/.."

repository=${REPOSITORY:-.build/repository}
packages=${PACKAGES:-.build/deb}
suite=stable
name=bankrefreshd
fail() { printf 'repository: %s\n' "$1" >&2; exit 1; }

for command in apt-ftparchive dpkg-deb gpg xz; do
  command -v "$command" > /dev/null || fail "there is no $command; run: apt-get install apt-utils dpkg-dev gnupg xz-utils"
done
[ -n "${KEY:-}" ] || fail 'KEY is not set; give the fingerprint of the key that signs: make repository KEY=…'
fingerprint=$(gpg --batch --with-colons --list-secret-keys "$KEY" 2>/dev/null | awk -F: '$1 == "fpr" { print $10; exit }')
[ -n "$fingerprint" ] || fail "gpg has no secret key $KEY${GNUPGHOME:+ in $GNUPGHOME}; gpg --list-secret-keys lists those it has"
shopt -s nullglob
debs=("$packages"/*.deb)
[ ${#debs[@]} -gt 0 ] || fail "there are no packages in $packages; build them: make deb"

# A published version never changes: clients that have it would never get the other one.
for deb in "${debs[@]}"; do
  there=$repository/pool/main/$(basename "$deb")
  if [ -e "$there" ] && ! cmp -s "$deb" "$there"; then
    fail "$there is another package of the same version; give the new one a new version (debian/changelog)"
  fi
done
mkdir -p "$repository/pool/main"
for deb in "${debs[@]}"; do
  install -m 0644 "$deb" "$repository/pool/main/.new"
  mv "$repository/pool/main/.new" "$repository/pool/main/$(basename "$deb")"
done

cd "$repository"
rm -rf dists.new
new=dists.new/$suite
architectures=$(for deb in pool/main/*.deb; do dpkg-deb -f "$deb" Architecture; done | sort -u | tr '\n' ' ')
for architecture in $architectures; do
  index=$new/main/binary-$architecture
  mkdir -p "$index/by-hash/SHA256"
  apt-ftparchive --arch "$architecture" packages pool > "$index/Packages"
  gzip -9nk "$index/Packages"
  xz -9k "$index/Packages"
  # Clients that read the list just before are still served; a month later nobody is.
  old=dists/$suite/main/binary-$architecture/by-hash/SHA256
  [ ! -d "$old" ] || find "$old" -type f -mtime -30 -exec cp -p -t "$index/by-hash/SHA256" {} +
  for file in "$index"/Packages*; do
    cp "$file" "$index/by-hash/SHA256/$(sha256sum "$file" | cut -d ' ' -f 1)"
  done
done
release=(
  -o "APT::FTPArchive::Release::Origin=$name" -o "APT::FTPArchive::Release::Label=$name"
  -o "APT::FTPArchive::Release::Suite=$suite" -o "APT::FTPArchive::Release::Codename=$suite"
  -o "APT::FTPArchive::Release::Architectures=${architectures% }" -o "APT::FTPArchive::Release::Components=main"
  -o APT::FTPArchive::Release::Acquire-By-Hash=yes -o APT::FTPArchive::MD5=false -o APT::FTPArchive::SHA1=false
)
[ -z "${VALID_DAYS:-}" ] || release+=(-o "APT::FTPArchive::Release::ValidTime=$((VALID_DAYS * 86400))")
apt-ftparchive "${release[@]}" release "$new" > dists.new/Release
mv dists.new/Release "$new/Release"
# The by-hash files are named by what they hold.
sed -i '/ main\/.*\/by-hash\//d' "$new/Release"
gpg --yes --local-user "$fingerprint" --digest-algo SHA512 --clearsign --output "$new/InRelease" "$new/Release"
gpg --yes --local-user "$fingerprint" --digest-algo SHA512 --armor --detach-sign --output "$new/Release.gpg" "$new/Release"
gpg --yes --armor --export --output "$name.asc" "$fingerprint"
chmod 0644 "$name.asc"
rm -rf dists.old
[ ! -d dists ] || mv dists dists.old
mv dists.new dists
rm -rf dists.old
if [ -n "${URL:-}" ]; then
  cat > "$name.sources" <<END
Types: deb
URIs: $URL
Suites: $suite
Components: main
Signed-By: /etc/apt/keyrings/$name.asc
END
fi
printf 'repository: %s, signed by %s:\n' "$PWD" "$fingerprint"
grep -hE '^(Package|Version):' "dists/$suite"/main/binary-*/Packages | paste - - | sort -u | sed 's/^/  /'
