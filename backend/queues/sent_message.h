#pragma once

#include "backend/queues/queue_rules.h"
#include "backend/queues/queue_store.h"

namespace gantry::queues {

// SendMessageResult and SendMessageBatchResultEntry say the same.
template <class Result> void describe(const MessageRow& row, Result& result)
{
    result.set_message_id(row.record.message_id());
    result.set_md5_of_message_body(md5OfText(row.body));
    if (!row.record.attributes().empty())
        result.set_md5_of_message_attributes(md5OfAttributes(row.record.attributes()));
}

} // namespace gantry::queues
