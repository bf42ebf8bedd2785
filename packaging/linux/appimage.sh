#!/bin/sh
# Pack a bundle as an AppImage: appimage.sh BUNDLE ICONS METAINFO OUT. Needs appimagetool; was not run.
set -eu
bundle=$1 icons=$2 metainfo=$3 out=$4
here=$(dirname "$(readlink -f "$0")")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/usr/lib" "$folder/usr/share/metainfo"
cp -a "$bundle" "$folder/usr/lib/training-playground"
cp "$here/training-playground.desktop" "$folder"
cp "$metainfo" "$folder/usr/share/metainfo"
cp "$icons/256.png" "$folder/training-playground.png"
ln -s usr/lib/training-playground/start.sh "$folder/AppRun"
ARCH=x86_64 appimagetool --no-appstream "$folder" "$out"
