#pragma once

#include "aws/lambda.pb.h"
#include "backend/functions/concurrency.h"
#include "backend/functions/image_source.h"
#include "backend/runtime/environment.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gantry::record {
class FunctionSettings; // gantry/store/functions.proto
}

namespace gantry::functions {

using Configuration = aws::lambda::FunctionConfiguration;
using Alias = aws::lambda::AliasConfiguration;
using Settings = record::FunctionSettings;

// The model is made of snapshots that never change: a change makes a new one, commits it, and puts
// it in the place of the old one. Readers keep what they found; parts that are the same pointer in
// two snapshots need not be written again.
struct Version {
    Configuration configuration; // as VersionRecord keeps it
    std::string package;         // id in the code store
    ImageSource image;           // instead of the package; empty without
    std::string sealedVariables; // as they lie on the disk; empty without any
    std::vector<std::string> layerPackages; // ids in the store of layers, in the order of the merge
    std::int64_t unpackedBytes = 0;         // of the package
    std::int64_t layerBytes = 0;            // of the layers, unpacked
    // What invocations run. Null until the code is unpacked for the first time; while an update is
    // in progress, what ran before it.
    std::shared_ptr<const runtime::EnvironmentSpec> spec;
    std::string poolKey; // of the spec
};
using VersionPtr = std::shared_ptr<const Version>;
using AliasPtr = std::shared_ptr<const Alias>;
using SettingsPtr = std::shared_ptr<const Settings>;
SettingsPtr noSettings();

// The HTTP address of a function or an alias.
struct Url {
    std::string id;                         // unique here: the first label of its host name
    aws::lambda::FunctionUrlConfig config; // without FunctionUrl, which depends on the daemon's port
};
using UrlPtr = std::shared_ptr<const Url>;

struct Function {
    std::string name;
    std::map<std::string, std::string> tags;
    std::int64_t lastVersion = 0;
    VersionPtr latest;
    std::map<std::int64_t, VersionPtr> versions; // published
    std::map<std::string, AliasPtr> aliases;
    std::map<std::string, UrlPtr> urls; // by alias; the empty one is $LATEST's
    std::optional<int> reservedConcurrency;               // 0 stops the function
    std::map<std::string, ProvisionedConfig> provisioned; // by version number or alias
    SettingsPtr settings = noSettings(); // never null
};
using FunctionPtr = std::shared_ptr<const Function>;

inline constexpr const char* kLatest = "$LATEST";

} // namespace gantry::functions
