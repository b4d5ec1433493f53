# complete.fish FOLDER LINE - what fish offers at the end of LINE, by the completions in FOLDER; a word a line.
for file in $argv[1]/*.fish
    source $file
end
complete -C $argv[2]
