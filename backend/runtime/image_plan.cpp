#include "backend/runtime/image_plan.h"

#include "backend/base/elf.h"
#include "backend/base/error.h"
#include "backend/base/root_path.h"
#include "backend/base/text.h"
#include "backend/runtime/launch_plan.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gantry::runtime {
namespace {

constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
// With LAMBDA_ in front but the image's to choose.
constexpr std::array<std::string_view, 2> kOfImage = {"LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"};

#if defined(__aarch64__)
constexpr std::string_view kHost = "arm64";
#else
constexpr std::string_view kHost = "x86_64";
#endif

absl::Status invalidEntryPoint(std::string_view why)
{
    return makeError("Runtime.InvalidEntrypoint", 400, std::string(why));
}

UniqueFd openRoot(const ContainerImage& image)
{
    return UniqueFd(::open(image.root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

bool isExecutable(const UniqueFd& root, const std::string& path)
{
    const UniqueFd file = openInRoot(root.get(), path, O_PATH);
    struct stat info {};
    return file && ::fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode) &&
           (info.st_mode & 0111) != 0;
}

// Of an ELF file; empty for what is none, such as a script.
std::string architectureOf(const UniqueFd& root, const std::string& path)
{
    const UniqueFd file = openInRoot(root.get(), path, O_RDONLY | O_NONBLOCK);
    std::string head(kElfHeadBytes, '\0');
    if (!file || ::read(file.get(), head.data(), head.size()) != static_cast<ssize_t>(head.size()))
        return {};
    return elfArchitecture(head);
}

std::optional<std::string> findProgram(const UniqueFd& root, const ContainerImage& image,
                                       const std::string& name, const std::string& path)
{
    std::vector<std::string> candidates;
    if (name.starts_with('/'))
        candidates = {name};
    else if (name.find('/') != std::string::npos)
        candidates = {absl::StrCat(image.workingDirectory, "/", name)};
    else
        for (const absl::string_view directory : absl::StrSplit(path, ':'))
            candidates.push_back(absl::StrCat(directory, "/", name));
    for (const std::string& candidate : candidates)
        if (candidate.starts_with('/') && isExecutable(root, candidate))
            return candidate;
    return std::nullopt;
}

} // namespace

std::map<std::string, std::string> imageVariables(const ContainerImage& image)
{
    std::map<std::string, std::string> variables = {
        {"PATH", kPath},
        {"TZ", ":UTC"},
        {"LAMBDA_TASK_ROOT", "/var/task"},
        {"LAMBDA_RUNTIME_DIR", "/var/runtime"},
    };
    for (const std::string& line : image.env) {
        const std::size_t at = line.find('=');
        const std::string name = line.substr(0, at);
        if (!isReservedVariable(name) ||
            std::find(kOfImage.begin(), kOfImage.end(), name) != kOfImage.end())
            variables[name] = line.substr(at + 1);
    }
    return variables;
}

absl::StatusOr<std::vector<std::string>>
imageCommand(const ContainerImage& image, const std::map<std::string, std::string>& variables)
{
    std::vector<std::string> command = image.entryPoint;
    command.insert(command.end(), image.command.begin(), image.command.end());
    if (command.empty() || command[0].empty())
        return invalidEntryPoint("The image has neither an ENTRYPOINT nor a CMD, and the function's "
                                 "ImageConfig has none either.");
    const UniqueFd root = openRoot(image);
    const auto program = findProgram(root, image, command[0], variables.at("PATH"));
    if (!program) {
        return invalidEntryPoint(
            absl::StrCat("exec: \"", command[0], "\": ",
                         command[0].find('/') == std::string::npos
                             ? "executable file not found in $PATH"
                             : "there is no such executable file in the image"));
    }
    const std::string architecture = architectureOf(root, *program);
    if (!architecture.empty() && architecture != kHost) {
        return invalidEntryPoint(absl::StrCat(
            *program, " is built for ", architecture, ", this host is ", view(kHost),
            ", and images are not emulated: build the image for this architecture, with docker or "
            "podman by --platform linux/", kHost == "arm64" ? "arm64" : "amd64"));
    }
    command[0] = *program;
    return command;
}

std::vector<std::string> executablesIn(const ContainerImage& image, const std::string& directory)
{
    std::vector<std::string> names;
    const UniqueFd root = openRoot(image);
    UniqueFd opened = openInRoot(root.get(), directory, O_RDONLY | O_DIRECTORY);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(opened ? ::fdopendir(opened.release()) : nullptr,
                                                     [](DIR* open) { return ::closedir(open); });
    while (const dirent* entry = stream ? ::readdir(stream.get()) : nullptr)
        if (isExecutable(root, absl::StrCat(directory, "/", entry->d_name)))
            names.emplace_back(entry->d_name);
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace gantry::runtime
