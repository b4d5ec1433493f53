#include "options.hpp"

#include "command_line.hpp"
#include "store_options.hpp"

namespace ipop::ga_layer {
namespace {

void add_signing(CLI::App& verb, SigningKey& signing, bool required) {
  auto* key = verb.add_option("--key", signing.key, "Sign with this key (PEM)")->type_name("FILE");
  auto* certificate =
      verb.add_option("--certificate", signing.certificate, "The key's certificate (PEM)")->type_name("FILE");
  key->needs(certificate);
  certificate->needs(key);
  verb.add_option("--passphrase-file", signing.passphrase_file, "Where the key's passphrase is (asked for)")
      ->type_name("FILE")
      ->needs(key);
  if (required) key->required();
}

/// A number of octets: `500M`, `64G`.
std::optional<std::uint64_t> parse_octets(const std::string& text) {
  static const std::string units = "KMGT";
  const std::size_t unit = text.empty() ? std::string::npos : units.find(text.back());
  const std::string digits = unit == std::string::npos ? text : text.substr(0, text.size() - 1);
  if (digits.empty() || digits.size() > 12 || digits.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  const std::uint64_t number = std::stoull(digits);
  const auto shift = unit == std::string::npos ? 0U : static_cast<unsigned>(10 * (unit + 1));
  if (number == 0 || number > (~std::uint64_t{0} >> 2U) >> shift) return std::nullopt;
  return number << shift;
}

CLI::Validator named_directory() {
  return {[](const std::string& text) { return text.empty() ? std::string("a directory has a name") : std::string(); },
          ""};
}

void add_mounting(CLI::App& app, Options& options, MountLayers& mount, UnmountLayers& unmount) {
  CLI::App* verb = app.add_subcommand("mount", "Lay the layers over one another at a directory");
  verb->add_option("DIR", mount.target, "Where")->type_name("DIR")->required()->check(named_directory());
  verb->add_option_function<std::string>(
          "--through",
          [&mount](const std::string& word) {
            mount.through = word == "kernel"      ? Through::kernel
                            : word == "namespace" ? Through::user_namespace
                            : word == "fuse"      ? Through::fuse
                                                  : Through::automatic;
          },
          "Who mounts (auto: the kernel for root, else FUSE, or a user namespace for a command)")
      ->type_name("{auto,kernel,namespace,fuse}")
      ->check(CLI::IsMember({"auto", "kernel", "namespace", "fuse"}));
  verb->add_option("COMMAND", mount.command, "Run this where the layers are mounted, behind --")->type_name("");
  verb->callback([&] { options.verb = mount; });

  CLI::App* unmount_verb = app.add_subcommand("unmount", "Take the layers at a directory apart");
  unmount_verb->add_option("DIR", unmount.target, "Where")->type_name("DIR")->required()->check(named_directory());
  unmount_verb->callback([&] { options.verb = unmount; });
}

void add_making(CLI::App& app, Options& options, Develop& develop, Blank& blank, MakeRelease& release) {
  CLI::App* dev = app.add_subcommand("dev", "Work on a module: what is written goes to it, and home is left out");
  dev->add_option("NAME", develop.module, "The module; a new one is put on top")->type_name("")->required();
  dev->add_flag("--end", develop.end, "Work on it no longer; its folder stays");
  dev->callback([&] { options.verb = develop; });

  CLI::App* blank_verb = app.add_subcommand("blank", "Remove every trace of a machine's identity");
  auto* tree =
      blank_verb->add_option("--tree", blank.tree, "In the root of a machine, not in a layer")->type_name("DIR");
  auto* layer =
      blank_verb->add_option("NAME", blank.layer, "A module that is worked on, or home")->type_name("")->excludes(tree);
  blank_verb->callback([&, tree, layer] {
    if (tree->empty() && layer->empty()) throw CLI::ValidationError("blank", "give NAME or --tree DIR");
    options.verb = blank;
  });

  CLI::App* verb = app.add_subcommand("release", "Make a signed image of a module, or of the tree of a base");
  verb->add_option("NAME", release.name, "The layer")->type_name("")->required();
  add_signing(*verb, release.signing, true);
  auto* from = verb->add_option("--tree", release.tree, "What goes into it (what was worked on)")->type_name("DIR");
  verb->add_flag("--base", release.base, "It is the base")->needs(from);
  verb->add_option("--to", release.to, "Write image and manifest here, and leave the store alone")->type_name("DIR");
  verb->add_option("--number", release.number, "Its number (the next one)")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, ~std::uint64_t{0} >> 1U));
  verb->add_option("--level", release.level, "Compress so hard, 1 to 22 (9)")->type_name("N")->check(CLI::Range(1, 22));
  verb->add_flag("--break-links", release.break_links,
                 "Also when a file was changed under one of its names and lies below under another");
  verb->callback([&] { options.verb = release; });
}

void add_moving(CLI::App& app, Options& options, Export& exporting, Import& import, Rollback& rollback) {
  CLI::App* verb = app.add_subcommand("export", "Write a layer, or home, for another machine");
  verb->add_option("NAME", exporting.what, "A layer, or home")->type_name("")->required();
  verb->add_option("TO", exporting.to, "A directory; for home a file that ends in .tar.zst")
      ->type_name("PATH")
      ->required();
  add_signing(*verb, exporting.signing, false);
  verb->callback([&] { options.verb = exporting; });

  CLI::App* import_verb = app.add_subcommand("import", "Take what `release` or `export` wrote, once it is found right");
  import_verb->add_option("FILE", import.file, "The image, the archive, or the manifest beside it")
      ->type_name("FILE")
      ->required();
  import_verb->add_flag("--unsigned", import.unsigned_home,
                        "Take a home that nobody signed, without set-uid and the like");
  import_verb
      ->add_option_function<std::string>(
          "--limit", [&](const std::string& text) { import.limit = parse_octets(text).value_or(import.limit); },
          "Unpack so much at most (64G)")
      ->type_name("OCTETS")
      ->check(CLI::Validator(
          [](const std::string& text) {
            return parse_octets(text) ? std::string() : text + " is no number of octets like 500M or 64G";
          },
          ""));
  import_verb->callback([&] { options.verb = import; });

  CLI::App* back = app.add_subcommand("rollback", "Go back to the release, or the home, before");
  back->add_option("NAME", rollback.what, "A layer, or home")->type_name("")->required();
  back->callback([&] { options.verb = rollback; });
}

}  // namespace

std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams) {
  Options options;
  CLI::App app("Base, modules and home of an appliance as layers over one another", tool);
  app.require_subcommand(1);
  tools::share_options(app);
  tools::add_store_options(app, options.places);
  app.add_flag("--dry-run", options.dry_run, "Print the steps, and change nothing");
  tools::add_output_options(app, options.output);

  MountLayers mount;
  UnmountLayers unmount;
  add_mounting(app, options, mount, unmount);

  CLI::App* status_verb = app.add_subcommand("status", "Show the layers, and where they are mounted");
  status_verb->callback([&] { options.verb = ShowStatus{}; });

  ShowDifference difference;
  CLI::App* diff_verb = app.add_subcommand("diff", "Show what a layer adds, changes and hides of those below it");
  diff_verb->add_option("NAME", difference.layer, "A layer, or home (home)")->type_name("");
  diff_verb->callback([&] { options.verb = difference; });

  Develop develop;
  Blank blank;
  MakeRelease release;
  add_making(app, options, develop, blank, release);

  Verify verify;
  CLI::App* verify_verb = app.add_subcommand("verify", "Check signatures and sums");
  verify_verb->add_option("WHAT", verify.what, "Layers, or files that `release` or `export` wrote (every layer)")
      ->type_name("FILE");
  verify_verb->add_flag("--deep", verify.deep, "Look at every file of the images too");
  verify_verb->callback([&] { options.verb = verify; });

  Export exporting;
  Import import;
  Rollback rollback;
  add_moving(app, options, exporting, import, rollback);

  if (const auto status = tools::parse_command_line(app, argc, argv, streams)) return *status;
  return options;
}

}  // namespace ipop::ga_layer
