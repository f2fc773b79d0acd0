#pragma once

#include "ui/rpc/concurrency_types.h"

#include <QWidget>

#include <optional>
#include <vector>

namespace gantry::ui {

// The account's concurrency as one bar: what each function reserves or provisions, then what all
// others share; the filled part of each is in use now. The border of a reservation is dragged by
// mouse, or the chosen one is moved by the arrow keys (Left and Right choose, Up and Down by one,
// Page Up and Page Down by ten, Enter sets it).
class ConcurrencyBar final : public QWidget {
    Q_OBJECT
public:
    explicit ConcurrencyBar(QWidget* parent = nullptr);

    void setFrame(const rpc::ConcurrencyFrame& frame);
    QSize sizeHint() const override;

Q_SIGNALS:
    void reserveRequested(const QString& functionName, int concurrency);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool event(QEvent* event) override;

private:
    struct Segment {
        QString name; // empty: unreserved
        bool reserved = false;
        int size = 0;
        int least = 0; // what the drag may leave
        int used = 0;
    };

    QRect bar() const;
    int unitsBefore(std::size_t index) const;
    int xOf(int units) const;
    QRect rectOf(std::size_t index) const;
    // The reservation whose right border is at x; none there.
    std::optional<std::size_t> borderAt(int x) const;
    std::size_t segmentAt(int x) const;
    void move(std::size_t index, int size);
    void commit();
    void choose(int step);
    void describe();
    void rebuild();
    void paintSegment(QPainter& painter, std::size_t index) const;
    void paintHandle(QPainter& painter, std::size_t index) const;
    void paintLegend(QPainter& painter) const;
    QString tip(const Segment& segment) const;

    rpc::ConcurrencyFrame m_frame;
    std::vector<Segment> m_segments; // the last one is what is unreserved
    std::optional<std::size_t> m_moved; // by drag or keys, not set yet
    std::optional<std::size_t> m_chosen;
    bool m_dragging = false;
    bool m_stale = false; // a frame came meanwhile
};

} // namespace gantry::ui
