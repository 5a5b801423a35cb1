#!/bin/sh
# The name xl as install.mjs takes it. Most commands are the stock xl's, which is to find the process as it was started:
# Node forgets which signals were ignored (nohup), raises the limit of open files, and takes its time.
node='@NODE@'
ours='@OURS@'

case ${MIG_HYPERVISOR-} in
  xen) ;;
  '') [ -z "${MIG_HOST_DIR+set}" ] && command -p grep -qs control_d /proc/xen/capabilities || exec "$node" "$ours" "$@" ;;
  *) exec "$node" "$ours" "$@" ;;
esac

# What mig itself hands on is the stock xl's by any name.
if [ "${MIG_HANDED_ON-}" != $$ ]; then
  [ -z "${MIG_STOCK_XL-}" ] || exec "$node" "$ours" "$@"
  command=
  for word; do
    case $word in
      -*) ;;
      *) command=$word && break ;;
    esac
  done
  case $command in
    '' | help | @COMMANDS@) exec "$node" "$ours" "$@" ;;
  esac
fi

real() { command -p readlink -f "$1"; }
# That of another installation: the two would hand on to each other for ever.
is_another() { command -p grep -qs '^# The name xl as install.mjs takes it' "$1"; }
self=$(real "$0")
IFS=:
for folder in $PATH; do
  path=$folder/xl
  # Never what lies in the working folder.
  case $folder in
    /*) [ -f "$path" ] && [ -x "$path" ] && [ "$(real "$path")" != "$self" ] && ! is_another "$path" && exec "$path" "$@" ;;
  esac
done
echo 'xl: there is no stock xl on PATH; MIG_STOCK_XL may name it' >&2
exit 1
