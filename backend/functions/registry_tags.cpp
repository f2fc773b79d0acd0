#include "backend/functions/registry.h"

#include "backend/base/error.h"
#include "backend/functions/rules.h"

#include <utility>

namespace gantry::functions {

void Registry::changeTags(const std::string& resource, Done reply,
                          std::function<absl::Status(std::map<std::string, std::string>&)> edit)
{
    change(resource, reply,
           [this, reply, edit = std::move(edit)](Draft draft, const Reference& reference) {
               if (!reference.qualifier.empty()) {
                   return reply(invalidParameter("Tags on function aliases and versions are not "
                                                 "supported. Please specify a function ARN."));
               }
               if (absl::Status edited = edit(draft.after->tags); !edited.ok())
                   return reply(edited);
               commit(draft.before, draft.after, [reply, pass = draft.pass](absl::Status status) {
                   reply(std::move(status));
               });
           });
}

void Registry::tag(const aws::lambda::TagResourceRequest& request, Done reply)
{
    changeTags(request.resource(), std::move(reply),
               [added = request.tags()](std::map<std::string, std::string>& tags) {
                   for (const auto& [name, value] : added)
                       tags[name] = value;
                   return checkTags(tags);
               });
}

void Registry::untag(const aws::lambda::UntagResourceRequest& request, Done reply)
{
    changeTags(request.resource(), std::move(reply),
               [names = request.tag_keys()](std::map<std::string, std::string>& tags) {
                   for (const std::string& name : names)
                       tags.erase(name);
                   return absl::OkStatus();
               });
}

} // namespace gantry::functions
