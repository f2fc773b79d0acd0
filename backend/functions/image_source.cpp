#include "backend/functions/image_source.h"

#include "backend/base/error.h"
#include "backend/functions/options.h"
#include "backend/images/image_store.h"

#include <absl/strings/str_cat.h>

#include <algorithm>

namespace gantry::functions {
namespace {

// A repository of this account is called so in AWS; templates that were written for it work here.
std::string ecrHost(const Place& place)
{
    return absl::StrCat(place.accountId, ".dkr.ecr.", place.region, ".amazonaws.com");
}

absl::Status notValid(const std::string& uri, std::string_view why)
{
    return invalidParameter(absl::StrCat("Source image ", uri, " is not valid. ",
                                         "Provide a valid source image. (", std::string(why), ")"));
}

} // namespace

absl::StatusOr<ImageSource> findImage(const Options& options, const std::string& uri)
{
    images::Reference reference;
    if (!options.images || !images::parseReference(uri, reference))
        return notValid(uri, "Write it as HOST:PORT/REPOSITORY:TAG or @sha256:DIGEST.");
    const auto& hosts = options.images->hosts();
    if (!reference.host.empty() && reference.host != ecrHost(options.place) &&
        std::find(hosts.begin(), hosts.end(), reference.host) == hosts.end()) {
        return notValid(uri, absl::StrCat("Images come from this platform's own registry",
                                          hosts.empty() ? "" : ", ", hosts.empty() ? "" : hosts[0],
                                          ": push or import it there first."));
    }
    const images::ImagePtr image = options.images->find(
        reference.repository, reference.digest.empty() ? reference.tag : reference.digest);
    if (!image) {
        return invalidParameter(absl::StrCat("Source image ", uri,
                                             " does not exist. Provide a valid source image."));
    }
    if (!image->problem.empty()) {
        return invalidParameter(absl::StrCat(
            "The image manifest, config or layer media type for the source image ", uri,
            " is not supported. (", image->problem, ")"));
    }
    const std::string host = !reference.host.empty() ? reference.host
                             : hosts.empty()         ? ecrHost(options.place)
                                                     : hosts[0];
    return ImageSource{uri, absl::StrCat(host, "/", reference.repository, "@", image->digest),
                       image->digest};
}

} // namespace gantry::functions
