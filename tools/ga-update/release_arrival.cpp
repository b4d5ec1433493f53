#include "arrival.hpp"
#include "cli/text.hpp"
#include "offer.hpp"

namespace ipop::ga_update {
namespace {

class ReleaseArrival : public Arrival {
 public:
  ReleaseArrival(const Context& context, const Apply& verb) : context_(context), verb_(verb) {}

  Result<std::optional<updates::Change>> consider() override {
    auto accepted = ga_update::consider(context_, verb_.file, verb_.tolerance);
    if (!accepted) return std::move(accepted).error();
    accepted_ = *std::move(accepted);
    return accepted_.change;
  }

  [[nodiscard]] std::string name() const override { return manifest().name + '-' + std::to_string(manifest().number); }
  [[nodiscard]] std::string text_of_no_change() const override { return name() + " is in use already"; }
  [[nodiscard]] std::string name_for_waves() const override { return name(); }
  [[nodiscard]] Result<std::uint64_t> octets() const override { return manifest().payload_size; }
  [[nodiscard]] std::vector<std::string> steps() const override {
    return {"copy " + image() + " and compare its sum", "compare every file of the image with the list",
            "put it into the store as " + name()};
  }

  Result<void> bring(cli::Progress& progress) override {
    const std::string copy = context_.store.incoming() + "/image.squashfs";
    progress.show("copies " + cli::printable(image()));
    if (auto copied = layerstore::copy_payload(context_, manifest(), image(), copy); !copied) return copied;
    progress.show("compares every file of the image with the list");
    if (auto right = layerstore::check_image(copy, manifest(), context_.store.incoming() + "/look"); !right)
      return right;
    return layerstore::put_release(context_, accepted_.release, copy);
  }
  void drop() override { (void)layerstore::remove_release(context_, manifest().name, manifest().number); }
  [[nodiscard]] std::vector<layers::StackLayer> layers() const override { return accepted_.next.layers; }

 private:
  [[nodiscard]] const layers::Manifest& manifest() const { return accepted_.release.manifest; }
  [[nodiscard]] std::string image() const {
    return layerstore::payload_path(layerstore::manifest_path(verb_.file), manifest().kind);
  }

  const Context& context_;
  const Apply& verb_;
  Accepted accepted_{};
};

}  // namespace

std::unique_ptr<Arrival> make_release_arrival(const Context& context, const Apply& verb) {
  return std::make_unique<ReleaseArrival>(context, verb);
}

}  // namespace ipop::ga_update
