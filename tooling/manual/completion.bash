# Completion of @NAME@ for bash. Made by `pnpm man` from the program's own options.

# Sets commands, options and arguments to what a command has.
_mig_words() {
  case $1 in
@WORDS@
    # A command of the stock xl; most begin with a domain.
    *) commands='' options='' arguments='domains' ;;
  esac
}

# Sets value to what an option of a command takes, if it takes anything.
_mig_value() {
  case $1 in
@VALUES@
    *) value='' ;;
  esac
}

# Offers the domains of this host. A domain's name is data: it never goes where bash expands it.
_mig_domains() {
  local line name
  local row='^(.*[^ ]) +[0-9]+ +[0-9]+ +[0-9]+[[:space:]]+[-a-z]+[[:space:]]+[0-9.]+$'
  while IFS= read -r line; do
    [[ $line =~ $row ]] || continue
    printf -v name %q "${BASH_REMATCH[1]}"
    [[ $name == "$cur"* ]] && COMPREPLY+=("$name")
  done < <("$1" list 2>/dev/null)
}

# Adds the commands of the stock xl on a Xen host, which mig hands on to it.
_mig_stock_commands() {
  case ${MIG_HYPERVISOR-} in
    xen) ;;
    '') [[ -z ${MIG_HOST_DIR+set} ]] && grep -qs control_d /proc/xen/capabilities || return ;;
    *) return ;;
  esac
  local line
  while IFS= read -r line; do
    [[ $line =~ ^\ ([a-z][-a-z0-9]*)(\ |$) ]] && commands+=" ${BASH_REMATCH[1]}"
  done < <(xl help 2>/dev/null)
}

# Offers what is of a kind: one of those below, or any of the words given.
_mig_offer() {
  case $2 in
    domains) _mig_domains "$1" ;;
    files)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      ;;
    hosts) mapfile -t COMPREPLY < <(compgen -A hostname -- "$cur") ;;
    commands)
      _mig_words ''
      mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
      ;;
    none) ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$2" -- "$cur") ;;
  esac
}

_mig() {
  local cur=${COMP_WORDS[COMP_CWORD]} path='' option='' word value commands options arguments index
  local -i position=0
  COMPREPLY=()
  _mig_words ''
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=${COMP_WORDS[index]}
    if [[ $option ]]; then
      # bash takes the = of --option=value for a word.
      [[ $word == = ]] || option=''
    elif [[ $word == -?* ]]; then
      _mig_value "$path $word"
      [[ -z $value ]] || option=$word
    elif [[ $commands ]]; then
      path=${path:+$path }$word
      _mig_words "$path"
    else
      position+=1
    fi
  done
  if [[ $option ]]; then
    [[ $cur != = ]] || cur=''
    _mig_value "$path $option"
    _mig_offer "$1" "$value"
  elif [[ $cur == -* ]]; then
    _mig_offer "$1" "$options"
  elif [[ $commands ]]; then
    [[ $path ]] || _mig_stock_commands
    _mig_offer "$1" "$commands"
  else
    local -a kinds
    read -ra kinds <<<"$arguments"
    ((position < ${#kinds[@]})) || [[ $arguments == *... ]] || return
    ((position < ${#kinds[@]})) || position=-1
    _mig_offer "$1" "${kinds[position]%...}"
  fi
}

complete -F _mig @NAME@
