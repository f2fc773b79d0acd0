#include "backend/functions/registry.h"
#include "gantry/store/functions.pb.h"

#include <utility>

namespace gantry::functions {

std::string Registry::policyDocument(std::string_view arn) const
{
    const absl::StatusOr<Found> found = find(arn);
    if (!found.ok())
        return {};
    const auto& policies = found->function->settings->policies();
    const auto policy = policies.find(found->qualifier);
    return policy == policies.end() ? std::string() : policy->second.document();
}

void Registry::changeSettings(const std::string& nameOrArn, const std::string& qualifier,
                              Edit edit, Done reply)
{
    change(nameOrArn, reply,
           [this, nameOrArn, qualifier, edit = std::move(edit), reply](Draft draft,
                                                                      const Reference&) {
               const absl::StatusOr<Found> found = find(nameOrArn, qualifier);
               if (!found.ok())
                   return reply(found.status());
               auto settings = std::make_shared<Settings>(*draft.before->settings);
               if (absl::Status edited = edit(*found, *settings); !edited.ok())
                   return reply(edited);
               draft.after->settings = std::move(settings);
               commit(draft.before, draft.after, [reply, pass = draft.pass](absl::Status status) {
                   reply(std::move(status));
               });
           });
}

} // namespace gantry::functions
