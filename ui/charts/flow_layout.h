#pragma once

#include <QLayout>

#include <memory>
#include <vector>

namespace gantry::charts {

// Items side by side, in as many rows as the width makes necessary.
class FlowLayout final : public QLayout {
public:
    FlowLayout(int spacing, QWidget* parent);
    ~FlowLayout() override;

    void addItem(QLayoutItem* item) override;
    int count() const override { return int(m_items.size()); }
    QLayoutItem* itemAt(int index) const override;
    QLayoutItem* takeAt(int index) override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override { return arrange(QRect(0, 0, width, 0), false); }
    QSize sizeHint() const override { return minimumSize(); }
    QSize minimumSize() const override;
    void setGeometry(const QRect& rect) override;

private:
    int arrange(const QRect& rect, bool apply) const;

    int m_spacing;
    std::vector<std::unique_ptr<QLayoutItem>> m_items;
};

} // namespace gantry::charts
