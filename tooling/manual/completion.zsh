#compdef @NAME@
# Completion of @NAME@ for zsh. Made by `pnpm man` from the program's own options.

_mig_domains() {
  local line
  local -a match mbegin mend domains
  for line in ${(f)"$($program list 2>/dev/null)"}; do
    [[ $line =~ '^(.*[^ ]) +[0-9]+ +[0-9]+ +[0-9]+[[:space:]]+[-a-z]+[[:space:]]+[0-9.]+$' ]] && domains+=("$match[1]")
  done
  local expl
  _wanted domains expl domain compadd -a domains
}

_mig_commands() {
  local -a commands=(
@COMMANDS@
  )
  # What mig hands on to the stock xl on a Xen host.
  if [[ $MIG_HYPERVISOR == xen ]] || { [[ -z $MIG_HYPERVISOR && -z ${MIG_HOST_DIR+set} ]] && grep -qs control_d /proc/xen/capabilities }; then
    local line
    local -a match mbegin mend
    for line in ${(f)"$(xl help 2>/dev/null)"}; do
      [[ $line =~ '^ ([a-z][-a-z0-9]*) +(.*)$' && -z ${(M)commands:#$match[1]:*} ]] && commands+=("$match[1]:$match[2]")
    done
  fi
  _describe command commands
}

_mig() {
  local program=${(Q)words[1]} curcontext=$curcontext state state_descr line
  local -A opt_args
  _arguments -C -s \
    @OPTIONS@ \
    '1: :->command' '*:: :->arguments'
  [[ $state == command ]] && _mig_commands
  [[ $state == arguments ]] && case $words[1] in
@CASES@
      # A command of the stock xl; most begin with a domain.
      *) _mig_domains ;;
  esac
}

_mig "$@"
