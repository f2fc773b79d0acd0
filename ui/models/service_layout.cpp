#include "ui/models/service_layout.h"

#include <QMap>
#include <QSet>

#include <algorithm>

namespace gantry::models {
namespace {

class Layout final {
public:
    explicit Layout(const QList<rpc::ServiceNode>& services) : m_services(services)
    {
        for (const rpc::ServiceNode& service : services)
            m_byId.insert(service.id, &service);
    }

    QHash<int, QPoint> run()
    {
        QSet<int> called;
        for (const rpc::ServiceNode& service : m_services) {
            for (const rpc::ServiceEdge& edge : service.edges)
                called.insert(edge.to);
        }
        for (const rpc::ServiceNode& service : m_services) {
            if (!called.contains(service.id))
                place(service.id, 0);
        }
        for (const rpc::ServiceNode& service : m_services) {
            if (!m_columns.contains(service.id)) // all in circles
                place(service.id, 0);
        }
        return rows();
    }

private:
    // At least so far to the right, and what it calls further still.
    void place(int id, int column)
    {
        if (m_path.contains(id) || !m_byId.contains(id) ||
            (m_columns.contains(id) && m_columns.value(id) >= column))
            return;
        m_columns.insert(id, column);
        m_path.insert(id);
        for (const rpc::ServiceEdge& edge : m_byId.value(id)->edges)
            place(edge.to, column + 1);
        m_path.remove(id);
    }

    // Each beside what calls it: in the order of the mean row of its callers, then of its name.
    QHash<int, QPoint> rows() const
    {
        QMap<int, QList<int>> columns;
        for (auto it = m_columns.cbegin(); it != m_columns.cend(); ++it)
            columns[it.value()].append(it.key());
        QHash<int, QPoint> places;
        for (auto it = columns.begin(); it != columns.end(); ++it) {
            QList<int>& column = it.value();
            std::sort(column.begin(), column.end(), [&](int a, int b) {
                const double left = callersRow(a, places);
                const double right = callersRow(b, places);
                return left != right ? left < right : keyOf(a) < keyOf(b);
            });
            for (int row = 0; row < column.size(); ++row)
                places.insert(column[row], QPoint(it.key(), row));
        }
        return places;
    }

    double callersRow(int id, const QHash<int, QPoint>& places) const
    {
        double sum = 0;
        int count = 0;
        for (const rpc::ServiceNode& service : m_services) {
            const bool calls = std::any_of(service.edges.begin(), service.edges.end(),
                                           [id](const auto& edge) { return edge.to == id; });
            if (calls && places.contains(service.id)) {
                sum += places.value(service.id).y();
                ++count;
            }
        }
        return count > 0 ? sum / count : 0;
    }

    QString keyOf(int id) const { return m_byId.value(id)->name + m_byId.value(id)->type; }

    const QList<rpc::ServiceNode>& m_services;
    QHash<int, const rpc::ServiceNode*> m_byId;
    QHash<int, int> m_columns;
    QSet<int> m_path;
};

} // namespace

QHash<int, QPoint> layOutServices(const QList<rpc::ServiceNode>& services)
{
    return Layout(services).run();
}

} // namespace gantry::models
