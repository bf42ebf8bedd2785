#!/bin/sh
# Start the playground from this folder. What the system lacks for a window is named first: Qt would only abort.
here=$(dirname "$(readlink -f "$0")")

# the library, the Debian package that has it
packages='
@LIBRARIES@
'

case "$1" in
@QT_FREE@) exec "$here/playground" "$@" ;;
esac

platform=offscreen
[ -n "$DISPLAY" ] && platform=xcb
[ -n "$WAYLAND_DISPLAY" ] && platform=wayland
missing=$(ldd "$here/_internal/PySide6/Qt/plugins/platforms/libq${QT_QPA_PLATFORM:-$platform}.so" 2>/dev/null |
    sed -n 's/^[[:space:]]*\([^ ]*\) => not found.*/\1/p' | sort -u)
if [ -n "$missing" ]; then
    echo "This system lacks" $missing >&2
    echo "On Debian and Ubuntu, run this line, then start again:" >&2
    echo "  sudo apt-get install" $(echo "$packages" | grep -F "$missing" | cut -d ' ' -f 2 | sort -u) >&2
    exit 2
fi
exec "$here/playground" "$@"
