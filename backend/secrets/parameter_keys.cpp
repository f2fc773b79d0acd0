#include "backend/secrets/parameter_rules.h"
#include "backend/secrets/parameter_store.h"

#include <absl/strings/str_cat.h>

// Which keys requests for SecureStrings use.
namespace gantry::secrets {

ParameterPtr ParameterStore::find(const std::string& nameOrArn) const
{
    return m_parameters.find(nameOf(nameOrArn));
}

std::optional<ParameterStore::Secure>
ParameterStore::secureOf(const std::string& name,
                         const record::ParameterVersionRecord& version) const
{
    const auto key = version.type() == "SecureString" ? m_keys.keyOfValue(version.value())
                                                      : absl::NotFoundError("not encrypted");
    if (!key.ok())
        return std::nullopt;
    return Secure{arnOf(name), *key, version.tier() == "Advanced"};
}

std::optional<ParameterStore::Secure> ParameterStore::secureOf(const std::string& nameOrArn) const
{
    const auto selected = select(nameOrArn);
    if (!selected.ok())
        return std::nullopt;
    return secureOf(selected->parameter->name(), *selected->version);
}

std::vector<ParameterStore::Secure> ParameterStore::secureBelow(const std::string& path,
                                                                bool recursive) const
{
    std::vector<Secure> all;
    for (const auto& [name, parameter] : m_parameters.all()) {
        if (!isBelow(name, path, recursive))
            continue;
        if (auto secure = secureOf(name, parameter->versions(parameter->versions_size() - 1)))
            all.push_back(*std::move(secure));
    }
    return all;
}

std::vector<ParameterStore::Secure>
ParameterStore::secureHistory(const std::string& nameOrArn) const
{
    std::vector<Secure> all;
    const ParameterPtr parameter = find(nameOrArn);
    for (int i = 0; parameter && i < parameter->versions_size(); ++i) {
        if (auto secure = secureOf(parameter->name(), parameter->versions(i)))
            all.push_back(*std::move(secure));
    }
    return all;
}

std::optional<ParameterStore::Secure>
ParameterStore::securePut(const aws::ssm::PutParameterRequest& request) const
{
    const std::string name = nameOf(request.name());
    const ParameterPtr there = m_parameters.find(name);
    const record::ParameterVersionRecord before =
        there ? there->versions(there->versions_size() - 1) : record::ParameterVersionRecord();
    if ((request.has_type() ? request.type() : before.type()) != "SecureString")
        return std::nullopt;
    return Secure{arnOf(name), keyFor(request, before), isAdvanced(request, before)};
}

} // namespace gantry::secrets
